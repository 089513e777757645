/** The page begins here. */
import { createRoot } from "react-dom/client";
import { App } from "./app.js";
import { follow } from "./state/follow.js";
import { forecast } from "./state/forecast.js";

const root = document.getElementById("root");
if (root) createRoot(root).render(<App />);
follow();
forecast();
