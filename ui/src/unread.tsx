// SPDX-License-Identifier: Apache-2.0
// unread.tsx -- what no parser understood: severest first; read one, then close it with
// an outcome or say what it means. Opening one is written into the audit chain.

import { useState } from "preact/hooks";
import { api, type Unread } from "./api";
import { Card, number, Problem, Time, useLoad, Waiting } from "./parts";

const CLASSES = ["infected-system", "c2-server", "scanner", "brute-force", "spam", "ddos", "malware-distribution",
  "phishing", "vulnerable-system"];

function Piece({ item, close }: { item: Unread; close: () => void }) {
  const { data, error } = useLoad(() => api.unreadOne(item.number), String(item.number));
  const [outcome, setOutcome] = useState("");
  const [means, set] = useState({ address: "", time: "", class: CLASSES[0] ?? "" });
  const [problem, setProblem] = useState<string | undefined>();
  const run = (work: Promise<unknown>) => void work.then(close, (e: Error) => setProblem(e.message));
  const field = (name: "address" | "time", title: string) => (
    <label>
      {title} <input value={means[name]} onInput={(e) => set({ ...means, [name]: e.currentTarget.value })} />
    </label>
  );

  if (!data) return error ? <Problem text={error} /> : <Waiting />;
  return (
    <Card title={`Number ${item.number}`}>
      <Problem text={problem} />
      <p>{item.reason}</p>
      <pre class="piece">{data.piece ?? "its text is no longer kept"}</pre>
      {data.cut && <p class="faint">The rest was not kept.</p>}
      <form onSubmit={(e) => { e.preventDefault(); run(api.unreadItem(item.number, means)); }}>
        {field("address", "Address")} {field("time", "Time (UTC)")}{" "}
        <label>
          Class{" "}
          <select value={means.class} onChange={(e) => set({ ...means, class: e.currentTarget.value })}>
            {CLASSES.map((c) => <option>{c}</option>)}
          </select>
        </label>{" "}
        <button>Take in</button>
      </form>
      <form onSubmit={(e) => { e.preventDefault(); run(api.unreadDone(item.number, outcome)); }}>
        <label>
          Outcome <input value={outcome} onInput={(e) => setOutcome(e.currentTarget.value)} />
        </label>{" "}
        <button>Set aside</button>
      </form>
    </Card>
  );
}

export function UnreadPage() {
  const { data, error, reload } = useLoad(() => api.unread(), "");
  const [open, setOpen] = useState<Unread | undefined>();

  if (!data) return <main>{error ? <Problem text={error} /> : <Waiting />}</main>;
  return (
    <main>
      <header class="bar"><h1>Unread</h1></header>
      <Problem text={error} />
      {open && <Piece key={open.number} item={open} close={() => { setOpen(undefined); reload(); }} />}
      {data.length === 0 && <p class="faint">Nothing waits.</p>}
      {data.length > 0 && (
        <div class="scroll">
          <table>
            <thead>
              <tr><th>Number</th><th>Received</th><th>Severity</th><th>Source</th><th>Reporter</th><th>Pieces</th><th>Why</th></tr>
            </thead>
            <tbody>
              {data.map((item) => (
                <tr>
                  <td><button class="plain" onClick={() => setOpen(item)}>{item.number}</button></td>
                  <td><Time at={item.received} /></td>
                  <td>{item.severity}</td>
                  <td>{item.source}</td>
                  <td>{item.reporter}</td>
                  <td class="right num">{number(item.items)}</td>
                  <td>{item.reason}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </main>
  );
}
