/** The picture, swapped only when the next one is decoded, so that it never flickers. */
import { useEffect, useState } from "react";

interface Props {
  readonly address: string;
  readonly alt: string;
  readonly className?: string;
}

export function Picture({ address, alt, className }: Props) {
  const [ready, setReady] = useState(address);
  const [isThere, setThere] = useState(false);
  useEffect(() => {
    let isOld = false;
    const next = new Image();
    next.src = address;
    next.decode().then(
      () => !isOld && setReady(address),
      () => {}, // a preview that is gone: the next one comes
    );
    return () => {
      isOld = true;
    };
  }, [address]);
  return (
    <>
      {!isThere && <p className="hint waiting">The picture is coming</p>}
      <img
        src={ready}
        alt={alt}
        className={className}
        draggable={false}
        data-testid="picture"
        onLoad={() => setThere(true)}
      />
    </>
  );
}
