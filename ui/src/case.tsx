// SPDX-License-Identifier: Apache-2.0
// case.tsx -- one case: what was seen, what it weighs, what was done, and what may be done.

import { useState } from "preact/hooks";
import { api, type Case, type Entry, type Evidence, type Explanation } from "./api";
import { Card, Probability, Problem, State, Time, useLoad, Waiting } from "./parts";

const PROTOCOLS: Record<string, string> = { 1: "ICMP", 6: "TCP", 17: "UDP", 58: "ICMPv6" };

function Facts({ item }: { item: Case }) {
  return (
    <dl class="facts">
      <dt>State</dt>
      <dd>
        <State state={item.state} />
        {item.held && <span class="mark held">held</span>}
        {item.shadow && <span class="mark shadow">shadow: no notices</span>}
      </dd>
      <dt>Class</dt><dd>{item.class}</dd>
      <dt>Line</dt><dd class="num">{item.line}</dd>
      <dt>Opened</dt><dd><Time at={item.opened} /></dd>
      <dt>Last evidence</dt><dd><Time at={item.last_evidence} /></dd>
      <dt>Notified</dt><dd><Time at={item.notified} /></dd>
      <dt>Next look</dt><dd><Time at={item.due} /></dd>
      {item.ended && <><dt>Ended</dt><dd><Time at={item.ended} /></dd></>}
    </dl>
  );
}

function Flows({ of }: { of: Evidence }) {
  if (of.flows.length === 0) return null;
  return (
    <table class="inner">
      <caption>Flows that carried the weight</caption>
      <thead>
        <tr><th>First</th><th>To</th><th>Protocol</th><th>Answer</th><th class="right">Packets out / in</th></tr>
      </thead>
      <tbody>
        {of.flows.map((f) => (
          <tr>
            <td><Time at={f.first} /></td>
            <td class="num">{f.peer}:{f.peer_port}</td>
            <td>{PROTOCOLS[String(f.protocol)] ?? f.protocol}</td>
            <td>{f.answer}</td>
            <td class="right num">{f.packets[0]} / {f.packets[1]}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Leases({ of }: { of: Evidence }) {
  if (of.leases.length === 0) return null;
  return (
    <table class="inner">
      <caption>Leases looked at for {of.address}{of.port ? `:${of.port}` : ""}: {of.attribution}</caption>
      <thead><tr><th>From</th><th>To</th><th>Ports</th></tr></thead>
      <tbody>
        {of.leases.map((l) => (
          <tr>
            <td>{l.start ? <Time at={l.start} /> : "always"}</td>
            <td>{l.end ? <Time at={l.end} /> : "still held"}</td>
            <td class="num">{l.port_hi ? `${l.port_lo}–${l.port_hi}` : "all"}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Piece({ of }: { of: Evidence }) {
  return (
    <details class={of.counts ? "piece" : "piece unused"}>
      <summary>
        <span class="weight num">{of.weight_now.toFixed(1)}</span>
        <span class="mark group">{of.group}</span>
        {of.gold && <span class="mark gold">gold</span>}
        <span class="why">{of.why}</span>
        <span class="faint"><Time at={of.last} /></span>
      </summary>
      <p class="faint">
        {of.identifier} from {of.source}{of.family ? `, family ${of.family}` : ""}; {of.weight.toFixed(1)} nats when
        seen, {of.weight_now.toFixed(1)} now; {of.count} times on {of.days} {of.days === 1 ? "day" : "days"}
        {of.counts ? "" : "; does not count: a stronger or newer one of its kind does"}
      </p>
      <Flows of={of} />
      <Leases of={of} />
    </details>
  );
}

function Why({ explained, error }: { explained?: Explanation; error?: string }) {
  if (!explained) return error ? <Problem text={error} /> : <Waiting />;
  const newest = [...explained.evidence].sort((a, b) => (a.last < b.last ? 1 : -1));
  const counted = newest.filter((e) => e.counts);
  const rest = newest.filter((e) => !e.counts);
  return (
    <>
      <p>
        Prior <span class="num">{explained.prior}</span>, evidence <span class="num">{explained.score.toFixed(1)}</span> nats
        {" "}({explained.groups.map((g) => `${g.group} ${g.weight.toFixed(1)}`).join(" + ")}): posterior{" "}
        <Probability p={explained.posterior} />, <strong>{explained.verdict}</strong> at this moment.
      </p>
      {counted.map((e) => <Piece key={e.sighting} of={e} />)}
      {rest.length > 0 && (
        <details class="rest">
          <summary>{rest.length} more that {rest.length === 1 ? "does" : "do"} not count</summary>
          {rest.map((e) => <Piece key={e.sighting} of={e} />)}
        </details>
      )}
    </>
  );
}

function Log({ entries }: { entries: Entry[] }) {
  return (
    <ol class="log">
      {entries.map((e) => (
        <li key={e.number}>
          <Time at={e.time} /> <strong>{e.type.replace(/_/g, " ")}</strong>{" "}
          <span class="faint">by {e.actor}{e.actor === "staff" ? ` ${e.staff}` : ""}</span>{" "}
          {(e.type === "opened" || e.type === "evidence") && (
            <span>{e.score.toFixed(1)} nats, posterior <Probability p={e.posterior} /> ({e.groups.join(", ")})</span>
          )}
          {e.until && <span class="faint"> until <Time at={e.until} /></span>}
          {e.note && <q>{e.note}</q>}
        </li>
      ))}
    </ol>
  );
}

function Acts({ item, done }: { item: Case; done: () => void }) {
  const [note, setNote] = useState("");
  const [error, setError] = useState<string>();

  async function act(verb: "note" | "hold" | "release" | "close") {
    if (verb === "close" && !confirm(`Close ${item.code} as a false positive? The subscriber gets a correction if a notice was sent.`)) return;
    setError(undefined);
    try {
      await api.act(item.code, verb, note);
      setNote("");
      done();
    } catch (e) {
      setError((e as Error).message);
    }
  }

  const blank = note.trim() === "";
  return (
    <form class="acts" onSubmit={(e) => e.preventDefault()}>
      <label>
        Note or reason
        <textarea rows={2} maxLength={4000} value={note} onInput={(e) => setNote(e.currentTarget.value)} />
      </label>
      <Problem text={error} />
      <button disabled={blank} onClick={() => act("note")}>Add note</button>
      {item.open && !item.held && <button disabled={blank} onClick={() => act("hold")}>Hold</button>}
      {item.open && item.held && <button disabled={blank} onClick={() => act("release")}>Resume</button>}
      {item.open && <button class="grave" disabled={blank} onClick={() => act("close")}>False positive</button>}
      {blank && <span class="faint">each act needs a reason</span>}
    </form>
  );
}

export function CasePage({ code }: { code: string }) {
  const main = useLoad(() => api.case(code), code, 15000);
  const why = useLoad(() => api.explain(code), code);

  if (!main.data) return <main>{main.error ? <Problem text={main.error} /> : <Waiting />}</main>;
  const reload = () => { main.reload(); why.reload(); };
  return (
    <main>
      <header class="bar">
        <a href="#/cases">← Cases</a>
        <h1>Case <span class="code">{main.data.case.code}</span></h1>
      </header>
      <Problem text={main.error} />
      <div class="columns">
        <Card title="Now"><Facts item={main.data.case} /></Card>
        <Card title="Evidence over time">
          <img class="chart" src={`/api/cases/${code}/evidence.svg?n=${main.data.case.entries}`}
            alt="Posterior of the case over time; the numbers stand in the log below" />
        </Card>
      </div>
      <Card title="Why"><Why explained={why.data} error={why.error} /></Card>
      <div class="columns">
        <Card title="Log"><Log entries={main.data.entries} /></Card>
        <Card title="Act"><Acts item={main.data.case} done={reload} /></Card>
      </div>
    </main>
  );
}
