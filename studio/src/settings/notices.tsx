/** What the run could not do as it was asked: cut text, a refused device. What the form itself says already is not said again. */
import { plainNotice } from "../shell/format.js";
import { useStudio } from "../state/store.js";

const none: readonly never[] = [];

export function Notices() {
  const notices = useStudio((state) => state.session?.notices ?? none);
  const warnings = useStudio((state) => state.plan?.warnings ?? none);
  const said = warnings.map(({ message }) => plainNotice(message));
  const ofForm = warnings
    .filter(({ text, kind }) => text === undefined && kind !== "memory")
    .map(({ message }) => message);
  const shown = [...ofForm, ...notices.filter((notice) => !said.includes(plainNotice(notice)))].map(plainNotice);
  if (shown.length === 0) return null;
  return (
    <ul className="notices" aria-label="Notices of this run">
      {shown.map((notice) => (
        <li key={notice}>{notice}</li>
      ))}
    </ul>
  );
}
