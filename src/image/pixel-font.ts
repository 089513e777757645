/** Letters of three by five pixels, for labels on pictures: no font has to be installed, and bytes are the same everywhere. */

/** Five rows of three pixels, one octal digit each, the left pixel first. Small letters look like capitals. */
const glyphs: Readonly<Record<string, string>> = {
  ...{ "0": "75557", "1": "26227", "2": "71747", "3": "71317", "4": "55711", "5": "74717", "6": "74757", "7": "71244" },
  ...{ "8": "75757", "9": "75717", A: "25755", B: "65656", C: "34443", D: "65556", E: "74647", F: "74644", G: "34553" },
  ...{ H: "55755", I: "72227", J: "11152", K: "55655", L: "44447", M: "57755", N: "65555", O: "25552", P: "65644" },
  ...{ Q: "25563", R: "65655", S: "34216", T: "72222", U: "55557", V: "55552", W: "55775", X: "55255", Y: "55222" },
  ...{ Z: "71247", " ": "00000", ".": "00002", ",": "00024", ":": "02020", ";": "02024", "-": "00700", _: "00007" },
  ...{
    "+": "02720",
    "=": "07070",
    "<": "12421",
    ">": "42124",
    "|": "22222",
    "/": "11244",
    "\\": "44211",
    "#": "57575",
  },
  ...{ "(": "12221", ")": "42224", "[": "64446", "]": "31113", "%": "51245", "^": "25000", "*": "52725", "!": "22202" },
  ...{ "?": "71202", "'": "22000", '"': "55000", "&": "25257", "@": "25563" },
};
const [WIDTH, HEIGHT, GAP] = [3, 5, 1];

/** Pixels that a text takes; `scale` pixels for one of the font's. */
export function textSize(text: string, scale: number): { width: number; height: number } {
  return { width: Math.max(0, [...text].length * (WIDTH + GAP) - GAP) * scale, height: HEIGHT * scale };
}

/** The text cut to a width in pixels. */
export function cutText(text: string, width: number, scale: number): string {
  const most = Math.floor((width / scale + GAP) / (WIDTH + GAP));
  const letters = [...text];
  return letters.length <= most ? text : `${letters.slice(0, Math.max(0, most - 2)).join("")}..`;
}

/** Calls `paint` for every pixel of a text whose upper left corner is 0,0; letters that the font lacks are question marks. */
export function drawText(text: string, scale: number, paint: (x: number, y: number) => void): void {
  [...text.toUpperCase()].forEach((letter, i) => {
    const rows = glyphs[letter] ?? (glyphs["?"] as string);
    for (let y = 0; y < HEIGHT * scale; y++) {
      const row = Number(rows[Math.floor(y / scale)]);
      for (let x = 0; x < WIDTH * scale; x++) {
        if ((row >> (WIDTH - 1 - Math.floor(x / scale))) & 1) paint(i * (WIDTH + GAP) * scale + x, y);
      }
    }
  });
}
