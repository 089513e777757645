/** What the run could not do as it was asked: unknown words, cut text, a refused device. */
import { useStudio } from "../state/store.js";

export function Notices() {
  const notices = useStudio((state) => state.session?.notices);
  if (!notices || notices.length === 0) return null;
  return (
    <ul className="notices" aria-label="Notices of this run">
      {notices.map((notice) => (
        <li key={notice}>{plain(notice)}</li>
      ))}
    </ul>
  );
}

/** Without the word that marks it on a terminal. */
function plain(notice: string): string {
  const text = notice.replace(/^(note|warning): /, "");
  return text.charAt(0).toUpperCase() + text.slice(1);
}
