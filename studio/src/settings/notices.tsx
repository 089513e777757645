/** What the run could not do as it was asked: unknown words, cut text, a refused device. */
import { useStudio } from "../state/store.js";

export function Notices() {
  const notices = useStudio((state) => state.session?.notices);
  if (!notices || notices.length === 0) return null;
  return (
    <ul className="notices" aria-label="Notices of this run">
      {notices.map((notice) => (
        <li key={notice}>{notice}</li>
      ))}
    </ul>
  );
}
