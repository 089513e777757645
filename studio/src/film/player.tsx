/** The finished frames as they play: by what the service can write and the browser shows. */
import { useEffect, useState } from "react";
import { service } from "../api/client.js";
import type { FilmFormat, Session } from "../api/types.js";
import { Picture } from "../stage/picture.js";
import { doing } from "../state/actions.js";
import { useStudio } from "../state/store.js";

interface Props {
  readonly session: Session;
  /** Of its newest picture, which is shown until it plays, and where it cannot. */
  readonly address: string;
  readonly alt: string;
}

const isStill = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

export function Player({ session, address, alt }: Props) {
  const formats = useStudio((state) => state.info?.films);
  const format: FilmFormat = formats?.includes("mp4") ? "mp4" : "webp";
  const film = useFilm(session, format);
  const [isShown, setShown] = useState(() => !isStill());
  if (format === "mp4" && film) {
    return (
      <video
        src={film}
        poster={address}
        controls
        loop
        muted
        playsInline
        autoPlay={!isStill()}
        aria-label={alt}
        data-testid="film"
      />
    );
  }
  if (film && isShown) return <img src={film} alt={alt} data-testid="film" />;
  return (
    <>
      <Picture address={address} alt={alt} />
      {film ? (
        <button type="button" className="over-picture" onClick={() => setShown(true)}>
          Play
        </button>
      ) : (
        <p className="over-picture" role="status">
          Putting the frames together…
        </p>
      )}
    </>
  );
}

/** An address of the file, as long as it is shown. */
function useFilm({ id, node, film }: Session, format: FilmFormat): string | undefined {
  const [address, setAddress] = useState<string>();
  const key = `${id} ${node} ${film?.done} ${format}`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key says all that the file depends on
  useEffect(() => {
    let isOld = false;
    let made: string | undefined;
    void doing("film", async () => service.films?.file(id, format)).then((blob) => {
      if (isOld || !blob) return;
      made = URL.createObjectURL(blob);
      setAddress(made);
    });
    return () => {
      isOld = true;
      setAddress(undefined);
      if (made) URL.revokeObjectURL(made);
    };
  }, [key]);
  return address;
}
