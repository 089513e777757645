/** A picture that is liked goes on larger: a new session of that size, which begins at it. */
import { DropdownMenu } from "radix-ui";
import type { Session } from "../api/types.js";
import { Icon } from "../shell/icon.js";
import { continueAt } from "../state/actions.js";
import { useStudio } from "../state/store.js";

const FACTORS = [1.5, 2, 3];

export function OtherSize({ session }: { readonly session: Session }) {
  const isBusy = useStudio((state) => state.busy === "resize");
  const { size } = session.settings;
  if (!size || session.kind !== "create" || !session.hasPicture) return null;
  const sizes = FACTORS.map(
    (factor) => [factor, ...size.map((side) => 16 * Math.round((factor * side) / 16))] as const,
  );
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger disabled={isBusy} title="A new picture of another size begins at this one">
        <Icon name="enlarge" /> Larger
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu" sideOffset={6}>
          {sizes.map(([factor, width, height]) => (
            <DropdownMenu.Item
              key={factor}
              onSelect={() => void continueAt(session, [width as number, height as number])}
            >
              {width} × {height}
            </DropdownMenu.Item>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
