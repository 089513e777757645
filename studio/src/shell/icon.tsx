/** The page's icons: lines of one weight in a square of 20. They are decoration; names stand beside them. */
const paths = {
  add: "M10 4v12M4 10h12",
  close: "M5 5l10 10M15 5 5 15",
  pause: "M7 4.5v11M13 4.5v11",
  play: "M6.5 4.5v11l9-5.5z",
  stop: "M5.5 5.5h9v9h-9z",
  brush: "M16.5 3.5 9 11M8.5 10.5c-2 0-3 1.5-3 3 0 1.2-1 2-2 2.5 3 1 7 .2 7-3 0-1.500-1-2.500-2-2.500z",
  eraser: "M11 4.500 16 9.500 9.500 16H6.500L4 13.500zM7.500 8l5 5M9.500 16H16",
  rectangle: "M4 5.500h12v9H4z",
  undo: "M7 5 3.500 8.500 7 12M4 8.500h8a4 4 0 0 1 0 8H9",
  redo: "M13 5l3.500 3.500L13 12M16 8.500H8a4 4 0 0 0 0 8h3",
  check: "M4.500 10.500 8.500 14.500 15.500 6",
  fork: "M6 4v12M6 11c5 0 7-1 7-5M11 7.500 13 5l2.500 2.500",
  compare: "M10 3v14M7.500 6H3.500v8h4M12.500 6h4v8h-4",
  download: "M10 3.500v9M6 9l4 4 4-4M4 16.500h12",
  dice: "M4.500 4.500h11v11h-11zM8 8h.01M12 12h.01M12 8h.01M8 12h.01",
  trash: "M4.500 6h11M8 6V4h4v2M6 6l.7 10.500h6.600L14 6",
  sun: "M10 6.800a3.200 3.200 0 1 1 0 6.400 3.200 3.200 0 0 1 0-6.400M10 2.500v1.500M10 16v1.500M2.500 10H4M16 10h1.500M4.700 4.700l1 1M14.300 14.300l1 1M4.700 15.300l1-1M14.300 5.700l1-1",
  help: "M7.500 7.500a2.500 2.500 0 1 1 3.500 2.300c-.7.300-1 .8-1 1.700M10 14.500h.01",
  picture: "M3.500 4.500h13v11h-13zM3.500 13l4-4 3.500 3.500 2-2 3.500 3.500M13 7.500h.01",
  mask: "M3.500 10a6.500 6.500 0 1 0 13 0 6.500 6.500 0 1 0-13 0M5.500 14.500l9-9M4 11.500 11.500 4M8.500 16l7.500-7.500",
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  );
}
