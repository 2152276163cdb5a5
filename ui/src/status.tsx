// SPDX-License-Identifier: Apache-2.0
// status.tsx -- what runs, what came in, what was lost. Shows what the engine tells, as
// tables, so that a new counter needs no change here.

import { api } from "./api";
import { Card, number, Problem, Time, useLoad, Waiting } from "./parts";

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
type Row = { [key: string]: Json };

const NAMES = /^(pid|port|index)$/; // numbers that are names, not amounts

function Value({ of, name }: { of: Json; name: string }) {
  if (typeof of === "number") return <span class="num">{NAMES.test(name) ? of : number(of)}</span>;
  if (typeof of === "boolean") return <>{of ? "yes" : "no"}</>;
  if (of === null) return <span class="faint">–</span>;
  if (Array.isArray(of)) return <>{of.join(", ")}</>;
  if (typeof of === "object")
    return (
      <ul class="plain">
        {Object.entries(of).map(([k, v]) => <li><span class="faint">{words(k)}</span> <Value of={v} name={k} /></li>)}
      </ul>
    );
  return /^\d{4}-\d\d-\d\dT/.test(of) ? <Time at={of} /> : <>{of}</>;
}

const words = (name: string) => name.replace(/[_.]/g, " ");
const isRows = (v: Json): v is Row[] =>
  Array.isArray(v) && v.length > 0 && v.every((r) => typeof r === "object" && r !== null && !Array.isArray(r));

function Rows({ rows }: { rows: Row[] }) {
  const columns = [...new Set(rows.flatMap((r) => Object.keys(r)))];
  return (
    <div class="scroll">
      <table>
        <thead><tr>{columns.map((c) => <th>{words(c)}</th>)}</tr></thead>
        <tbody>
          {rows.map((r) => <tr>{columns.map((c) => <td><Value of={r[c] ?? null} name={c} /></td>)}</tr>)}
        </tbody>
      </table>
    </div>
  );
}

function Pairs({ of }: { of: Row }) {
  return (
    <dl class="facts">
      {Object.entries(of).map(([k, v]) => <><dt>{words(k)}</dt><dd><Value of={v} name={k} /></dd></>)}
    </dl>
  );
}

export function StatusPage() {
  const { data, error } = useLoad(() => api.status(), "", 3000);

  if (!data) return <main>{error ? <Problem text={error} /> : <Waiting />}</main>;
  const all = Object.entries(data as Row);
  const plain = all.filter(([, v]) => v === null || typeof v !== "object");
  return (
    <main>
      <header class="bar"><h1>Status</h1></header>
      <Problem text={error} />
      {plain.length > 0 && <Card title="Now"><Pairs of={Object.fromEntries(plain)} /></Card>}
      {all.map(([name, v]) => {
        if (isRows(v)) return <Card title={words(name)}><Rows rows={v} /></Card>;
        if (v !== null && typeof v === "object" && !Array.isArray(v)) {
          const inner = Object.values(v);
          return (
            <Card title={words(name)}>
              {isRows(inner) ? <Rows rows={Object.entries(v).map(([k, r]) => ({ name: k, ...(r as Row) }))} /> : <Pairs of={v} />}
            </Card>
          );
        }
        return null;
      })}
    </main>
  );
}
