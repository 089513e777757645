/** A button that lets pictures be chosen, for what dropping them does. */
import { type ButtonHTMLAttributes, type ReactNode, useRef } from "react";

interface Props extends Pick<ButtonHTMLAttributes<HTMLButtonElement>, "title" | "aria-label"> {
  /** Of the input, for tests. */
  readonly inputId: string;
  readonly multiple?: boolean;
  readonly onFile: (file: File) => void;
  readonly children: ReactNode;
}

export function FileButton({ inputId, multiple = false, onFile, children, ...button }: Props) {
  const file = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={file}
        type="file"
        accept="image/*"
        multiple={multiple}
        hidden
        data-testid={inputId}
        onChange={(event) => {
          for (const chosen of event.target.files ?? []) onFile(chosen);
          event.target.value = "";
        }}
      />
      <button type="button" className="quiet" {...button} onClick={() => file.current?.click()}>
        {children}
      </button>
    </>
  );
}
