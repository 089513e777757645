/** The right part: how this picture came about, and all pictures. */
import { Tabs } from "radix-ui";
import { useEffect, useState } from "react";
import { LossPlot } from "../stage/loss-plot.js";
import { useStudio } from "../state/store.js";
import { Gallery } from "./gallery.js";
import { Lineage } from "./lineage.js";

export function Made() {
  const wanted = useStudio((state) => state.wanted);
  const session = useStudio((state) => state.session);
  const count = useStudio((state) => state.sessions.length);
  const [tab, setTab] = useState("gallery");
  useEffect(() => setTab(wanted === undefined ? "gallery" : "history"), [wanted]);
  return (
    <aside className="made" aria-label="What was made">
      <Tabs.Root value={tab} onValueChange={setTab}>
        <Tabs.List className="tabs" aria-label="What was made">
          <Tabs.Trigger value="history">History</Tabs.Trigger>
          <Tabs.Trigger value="gallery">Gallery {count > 0 && <span className="count">{count}</span>}</Tabs.Trigger>
        </Tabs.List>
        <Tabs.Content value="history">
          <Lineage />
        </Tabs.Content>
        <Tabs.Content value="gallery">
          <Gallery />
        </Tabs.Content>
      </Tabs.Root>
      {session && <LossPlot session={session} />}
    </aside>
  );
}
