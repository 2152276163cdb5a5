// SPDX-License-Identifier: Apache-2.0
// main.tsx -- the frame: session, navigation by the address's fragment, one view at a time.

import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { api, onSessionLost, type Session } from "./api";
import { CasePage } from "./case";
import { Cases } from "./cases";
import { ChoosePassword, Login } from "./login";
import { PrevalencePage } from "./prevalence";
import { StatusPage } from "./status";
import { UnreadPage } from "./unread";

function useFragment(): string {
  const [at, set] = useState(location.hash);
  useEffect(() => {
    const follow = () => set(location.hash);
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  return at.replace(/^#\/?/, "") || "cases";
}

function View({ at }: { at: string }) {
  const code = /^cases\/([A-Za-z0-9-]+)$/.exec(at)?.[1];
  if (code) return <CasePage key={code} code={code} />;
  if (at === "prevalence") return <PrevalencePage />;
  if (at === "status") return <StatusPage />;
  if (at === "unread") return <UnreadPage />;
  return <Cases />;
}

function Frame({ session, leave }: { session: Session; leave: () => void }) {
  const at = useFragment();
  const tab = (to: string, title: string) => (
    <a href={`#/${to}`} aria-current={at.startsWith(to) ? "page" : undefined}>{title}</a>
  );
  return (
    <>
      <nav class="top" aria-label="Main">
        <span class="brand">Botkoll</span>
        {tab("cases", "Cases")}
        {tab("unread", "Unread")}
        {tab("prevalence", "Prevalence")}
        {tab("status", "Status")}
        <span class="grow" />
        <span class="faint">{session.name} ({session.role})</span>
        <button class="plain" onClick={leave}>Log out</button>
      </nav>
      <View at={at} />
    </>
  );
}

function App() {
  const [session, set] = useState<Session | null | undefined>(undefined);

  useEffect(() => {
    onSessionLost(() => set(null));
    api.session().then(set, () => set(null));
  }, []);
  if (session === undefined) return null;
  if (session === null) return <Login done={set} />;
  if (session.must_change_password) return <ChoosePassword session={session} done={set} />;
  return <Frame session={session} leave={() => void api.logout().finally(() => set(null))} />;
}

render(<App />, document.getElementById("app") as HTMLElement);
