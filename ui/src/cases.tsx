// SPDX-License-Identifier: Apache-2.0
// cases.tsx -- the list one works through. j and k move, Enter opens, o toggles open only.

import { useEffect, useRef, useState } from "preact/hooks";
import { api, type Case } from "./api";
import { Probability, Problem, State, Time, useLoad, Waiting } from "./parts";

const STATES = ["due", "notifying", "notified", "unreached", "overdue", "task", "verifying", "clean",
  "false_positive", "moved", "expired"];
const PAGE = 50;

function Row({ item, picked }: { item: Case; picked: boolean }) {
  const ref = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    if (picked) ref.current?.focus();
  }, [picked]);
  return (
    <tr class={picked ? "picked" : ""}>
      <td>
        <a ref={ref} href={`#/cases/${item.code}`} class="code">
          {item.code}
        </a>
      </td>
      <td>{item.class}</td>
      <td>
        <State state={item.state} />
        {item.held && <span class="mark held">held</span>}
        {item.shadow && <span class="mark shadow">shadow</span>}
      </td>
      <td class="right"><Probability p={item.posterior} /></td>
      <td><Time at={item.opened} /></td>
      <td><Time at={item.last_evidence} /></td>
      <td><Time at={item.notified} /></td>
      <td class="right num">{item.notices}</td>
    </tr>
  );
}

function useKeys(count: number, open: (i: number) => void, toggle: () => void): number {
  const [at, move] = useState(-1);
  useEffect(() => {
    const press = (e: KeyboardEvent) => {
      if (e.target instanceof HTMLInputElement || e.target instanceof HTMLSelectElement) return;
      if (e.ctrlKey || e.metaKey || e.altKey) return;
      if (e.key === "j") move((i) => Math.min(i + 1, count - 1));
      if (e.key === "k") move((i) => Math.max(i - 1, 0));
      if (e.key === "o") toggle();
      if (e.key === "Enter" && at >= 0 && !(e.target instanceof HTMLAnchorElement)) open(at);
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [count, at]);
  return at;
}

export function Cases() {
  const [state, setState] = useState("");
  const [open, setOpen] = useState(true);
  const [trail, setTrail] = useState<string[]>([]); // the `before` of each page turned
  const query = new URLSearchParams({ open: String(open), limit: String(PAGE) });
  if (state) query.set("state", state);
  const before = trail.at(-1);
  if (before) query.set("before", before);
  const { data, error } = useLoad(() => api.cases(query.toString()), query.toString(), 15000);
  const list = data?.cases ?? [];
  const at = useKeys(
    list.length,
    (i) => (location.hash = `#/cases/${list[i]?.code ?? ""}`),
    () => setOpen((o) => !o),
  );

  return (
    <main>
      <header class="bar">
        <h1>Cases</h1>
        <label>
          State{" "}
          <select value={state} onChange={(e) => { setTrail([]); setState(e.currentTarget.value); }}>
            <option value="">all</option>
            {STATES.map((s) => <option value={s}>{s.replace(/_/g, " ")}</option>)}
          </select>
        </label>
        <label>
          <input type="checkbox" checked={open} onChange={() => { setTrail([]); setOpen(!open); }} /> open only
        </label>
        <span class="faint keys"><kbd>j</kbd> <kbd>k</kbd> move, <kbd>Enter</kbd> open, <kbd>o</kbd> open only</span>
      </header>
      <Problem text={error} />
      {!data && !error ? <Waiting /> : (
        <div class="scroll">
          <table>
            <thead>
              <tr>
                <th>Case</th><th>Class</th><th>State</th><th class="right">Posterior</th>
                <th>Opened</th><th>Last evidence</th><th>Notified</th><th class="right">Notices</th>
              </tr>
            </thead>
            <tbody>{list.map((c, i) => <Row key={c.id} item={c} picked={i === at} />)}</tbody>
          </table>
        </div>
      )}
      {data && list.length === 0 && <p class="faint">No case here. That is good news, or the filter is too narrow.</p>}
      <nav class="pager" aria-label="Pages">
        <button disabled={trail.length === 0} onClick={() => setTrail(trail.slice(0, -1))}>Newer</button>
        <button disabled={list.length < PAGE} onClick={() => setTrail([...trail, list.at(-1)?.id ?? ""])}>Older</button>
      </nav>
    </main>
  );
}
