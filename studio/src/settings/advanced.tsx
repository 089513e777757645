/** Every other setting, made from the schema that the service has. Only what is changed is sent. */
import { useMemo } from "react";
import { edit } from "../state/actions.js";
import { ownPlaces } from "../state/draft.js";
import { useStudio } from "../state/store.js";
import { fieldsOf } from "./schema-fields.js";
import { SettingField } from "./setting-field.js";

export function Advanced() {
  const info = useStudio((state) => state.info);
  const advanced = useStudio((state) => state.draft.advanced);
  const preset = useStudio((state) => state.draft.preset);
  const fields = useMemo(() => (info ? fieldsOf(info.settings, ownPlaces) : []), [info]);
  const changed = Object.keys(advanced).length;
  const change = (name: string, value: unknown) => {
    const { [name]: _, ...rest } = advanced;
    edit({ advanced: value === undefined ? rest : { ...rest, [name]: value } });
  };
  return (
    <details className="fold">
      <summary>Advanced {changed > 0 && <span className="count">{changed} changed</span>}</summary>
      {changed > 0 && (
        <button type="button" className="quiet" onClick={() => edit({ advanced: {} })}>
          Reset all
        </button>
      )}
      <div className="fields">
        {fields.map((field) => (
          <SettingField
            key={field.name}
            field={field}
            value={advanced[field.name]}
            fallback={preset === "" ? info?.recommended[field.name] : undefined}
            onChange={(value) => change(field.name, value)}
          />
        ))}
      </div>
    </details>
  );
}
