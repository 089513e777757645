import { expect, test } from "vitest";
import { longChain, smallSession } from "../../test/support/small-session.js";
import { currentState, lineageOf } from "../sessions/session-tree.js";
import { nodeFacts, treeLines } from "./session-tree.js";

test("children stand under their parents", () => {
  const { tree } = smallSession();
  expect(treeLines(tree.nodes.map(nodeFacts), tree.current)).toEqual([
    "tree:",
    expect.stringMatching(/^1 queued 4\/50, kept 2 4: a castle/),
    "`- 2 queued 2/50 from step 2: fog",
    expect.stringMatching(/^ {3}`- 3\* queued 2\/50 painted at step 2: a castle/),
  ]);
});

test("a chain of 9,999 forks is told in a moment, and not ever further to the right", () => {
  const tree = longChain(9_999);
  const lineage = lineageOf(tree);
  expect(lineage).toHaveLength(9_999);
  expect(lineage.at(-1)).toEqual({ kind: "fork", step: 2, settings: currentState(tree).settings });
  const lines = treeLines(tree.nodes.map(nodeFacts), tree.current);
  expect(lines).toHaveLength(10_001);
  expect(lines.at(-1)).toMatch(/^ {60}`- \(under 9999\) 10000\* paused/);
});
