/** Puts the page into its document, and begins to follow what the service says. */
import { createRoot } from "react-dom/client";
import { App, type AppProps } from "./app.js";
import { follow } from "./state/follow.js";
import { forecast } from "./state/forecast.js";

export function begin(props: AppProps = {}): void {
  const root = document.getElementById("root");
  if (root) createRoot(root).render(<App {...props} />);
  follow();
  forecast();
}
