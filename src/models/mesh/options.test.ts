import { expect, test } from "vitest";
import { completeMesh, meshNamed, toldMesh } from "./options.js";

test("a name tells a file and options, whatever the file is called", () => {
  expect(meshNamed("pixels")).toBeUndefined();
  expect(meshNamed("mesh:a.obj")).toEqual({ path: "a.obj", options: {} });
  expect(meshNamed("mesh:x/a,b.obj,views=6,colour=off")).toEqual({
    path: "x/a,b.obj",
    options: { views: 6, colour: "off" },
  });
  expect(meshNamed("mesh:C:\\a=1,b.obj")?.path).toBe("C:\\a=1,b.obj");
  expect(toldMesh({ shape: 0, paper: "#FFFFFF", views: 4 })).toBe("shape=0");
  expect(completeMesh({ shape: 0 })).toMatchObject({ bare: false, colour: true, paper: [1, 1, 1] });
});

test.each([
  ["mesh:", "mesh: names no file"],
  ["mesh:a.obj,views=", '"views=" is no name=value'],
  ["mesh:a.obj,veiws=3", 'there is no "veiws"'],
  ["mesh:a.obj,views=3,views=4", "views is there twice"],
  ["mesh:a.obj,views=0", "views is a whole number from 1 to 32, got 0"],
  ["mesh:a.obj,shape=0.6", "shape is a number from 0 to 0.5, got 0.6"],
  ["mesh:a.obj,detail=much", "detail is a number from 0.1 to 20, got NaN"],
  ["mesh:a.obj,elevation=90", "elevation is a number from -89 to 89, got 90"],
  ["mesh:a.obj,colour=off,shape=0", "colour is off and shape 0"],
  ["mesh:a.obj,paper=blue", "paper is black, white or six hexadecimal digits, got blue"],
])("%s is refused", (name, message) => {
  expect(() => completeMesh(meshNamed(name)?.options ?? {})).toThrow(message);
});
