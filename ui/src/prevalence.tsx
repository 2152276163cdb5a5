// SPDX-License-Identifier: Apache-2.0
// prevalence.tsx -- how many lines are active bots, by method CM-1, as a chart and in figures.

import { api } from "./api";
import { Card, number, Problem, useLoad, Waiting } from "./parts";

export function PrevalencePage() {
  const { data, error } = useLoad(() => api.prevalence(), "", 30000);

  if (!data) return <main>{error ? <Problem text={error} /> : <Waiting />}</main>;
  const last = data.days.at(-1);
  const began = data.days.findIndex((d) => d.active > 0);
  const days = data.days.slice(Math.max(began, 0)).reverse();
  const families = [...data.families].sort((a, b) => b.active - a.active);
  const share = last && data.subscribed_lines ? (1000 * last.active) / data.subscribed_lines : null;
  return (
    <main>
      <header class="bar"><h1>Prevalence</h1></header>
      <Problem text={error} />
      <p class="headline">
        <strong>{number(last?.active ?? 0)}</strong> of {data.subscribed_lines === null ? "an unknown number of" : number(data.subscribed_lines)} lines were seen acting as bots in the
        last {data.window_days} days{share === null ? "" : <>: <strong>{share.toFixed(1)}</strong> of a thousand</>}.
        {data.unattributed_share !== null && data.unattributed_share > 0 && (
          <> Of the sightings, {(100 * data.unattributed_share).toFixed(1)} % could not be traced to a line.</>
        )}
      </p>
      <Card title={`Active lines (last ${data.window_days} days) and new episodes a day`}>
        <img class="chart" src={`/api/prevalence.svg?d=${last?.day ?? ""}-${last?.active ?? 0}`}
          alt="Active lines and new episodes per day; the numbers stand in the table below" />
        <p class="faint">Method {data.method}. A lower bound: what no source sees is not counted.</p>
      </Card>
      <div class="columns">
        <Card title={`Per family, last ${data.window_days} days`}>
          <table>
            <thead><tr><th>Family</th><th class="right">Active</th><th class="right">New</th></tr></thead>
            <tbody>
              {families.map((f) => (
                <tr><td>{f.family || "unknown"}</td><td class="right num">{number(f.active)}</td><td class="right num">{number(f.new)}</td></tr>
              ))}
            </tbody>
          </table>
        </Card>
        <Card title="Per day">
          <table>
            <thead><tr><th>Day</th><th class="right">Active</th><th class="right">New</th></tr></thead>
            <tbody>
              {days.map((d) => (
                <tr><td class="num">{d.day}</td><td class="right num">{number(d.active)}</td><td class="right num">{number(d.new)}</td></tr>
              ))}
            </tbody>
          </table>
        </Card>
      </div>
    </main>
  );
}
