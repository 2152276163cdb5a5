// SPDX-License-Identifier: Apache-2.0
// login.tsx -- name and password; a one-time password is changed before anything else.

import { useState } from "preact/hooks";
import { api, type Session } from "./api";
import { Problem } from "./parts";

const LEAST = 12;

export function Login({ done }: { done: (session: Session) => void }) {
  const [error, setError] = useState<string>();
  const [busy, setBusy] = useState(false);

  async function submit(event: SubmitEvent) {
    event.preventDefault();
    const form = new FormData(event.target as HTMLFormElement);
    setBusy(true);
    setError(undefined);
    try {
      done(await api.login(String(form.get("name")), String(form.get("password"))));
    } catch (e) {
      setError((e as Error).message);
    }
    setBusy(false);
  }

  return (
    <main class="narrow">
      <h1>Botkoll</h1>
      <form class="card" onSubmit={submit}>
        <label>
          Name
          <input name="name" autocomplete="username" required autofocus />
        </label>
        <label>
          Password
          <input name="password" type="password" autocomplete="current-password" required />
        </label>
        <Problem text={error} />
        <button disabled={busy}>{busy ? "checking …" : "Log in"}</button>
      </form>
    </main>
  );
}

export function ChoosePassword({ session, done }: { session: Session; done: (s: Session) => void }) {
  const [error, setError] = useState<string>();

  async function submit(event: SubmitEvent) {
    event.preventDefault();
    const form = new FormData(event.target as HTMLFormElement);
    const chosen = String(form.get("new"));
    if (chosen !== String(form.get("again"))) {
      setError("the two entries differ");
      return;
    }
    try {
      await api.password(chosen);
      done({ ...session, must_change_password: false });
    } catch (e) {
      setError((e as Error).message);
    }
  }

  return (
    <main class="narrow">
      <h1>Choose a password of your own</h1>
      <form class="card" onSubmit={submit}>
        <p>You came in with a one-time login. It ends now.</p>
        <label>
          New password ({LEAST} characters or more)
          <input name="new" type="password" autocomplete="new-password" minLength={LEAST} required autofocus />
        </label>
        <label>
          Again
          <input name="again" type="password" autocomplete="new-password" required />
        </label>
        <Problem text={error} />
        <button>Keep it</button>
      </form>
    </main>
  );
}
