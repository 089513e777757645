/** A button that lets pictures be chosen, for what dropping them does. */
import { type ButtonHTMLAttributes, type ReactNode, useRef } from "react";

interface Props extends Pick<ButtonHTMLAttributes<HTMLButtonElement>, "title" | "aria-label" | "disabled"> {
  /** Of the input, for tests. */
  readonly inputId: string;
  readonly multiple?: boolean;
  /** Kinds of files (default: pictures). */
  readonly accept?: string;
  readonly onFiles: (files: File[]) => void;
  readonly children: ReactNode;
}

export function FileButton({ inputId, multiple = false, accept = "image/*", onFiles, children, ...button }: Props) {
  const file = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={file}
        type="file"
        accept={accept}
        multiple={multiple}
        hidden
        data-testid={inputId}
        onChange={(event) => {
          const chosen = [...(event.target.files ?? [])];
          if (chosen.length > 0) onFiles(chosen);
          event.target.value = "";
        }}
      />
      <button type="button" className="quiet" {...button} onClick={() => file.current?.click()}>
        {children}
      </button>
    </>
  );
}
