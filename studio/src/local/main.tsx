/** The page without a server begins here. */
import { createRoot } from "react-dom/client";
import { serveBy } from "../api/client.js";
import { App } from "../app.js";
import { follow } from "../state/follow.js";
import { inBrowser } from "./in-browser.js";
import { LoadingLine } from "./loading-line.js";
import { RunsOn } from "./runs-on.js";

serveBy(inBrowser);
const root = document.getElementById("root");
if (root) createRoot(root).render(<App loading={<LoadingLine />} engine={<RunsOn />} />);
follow();
