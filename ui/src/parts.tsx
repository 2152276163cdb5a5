// SPDX-License-Identifier: Apache-2.0
// parts.tsx -- what several views share: loading, times, numbers, small marks.

import type { ComponentChildren } from "preact";
import { useCallback, useEffect, useState } from "preact/hooks";

export interface Loaded<T> {
  data?: T;
  error?: string;
  reload: () => void;
}

// Loads when `key` changes, and again every `every` milliseconds if given. An answer that
// comes after the key has changed is dropped.
export function useLoad<T>(load: () => Promise<T>, key: string, every?: number): Loaded<T> {
  const [state, set] = useState<{ data?: T; error?: string }>({});
  const [turn, setTurn] = useState(0);
  const reload = useCallback(() => setTurn((n) => n + 1), []);

  useEffect(() => {
    let live = true;
    load().then(
      (data) => live && set({ data }),
      (e: Error) => live && set((old) => ({ data: old.data, error: e.message })),
    );
    const timer = every ? setTimeout(reload, every) : undefined;
    return () => {
      live = false;
      clearTimeout(timer);
    };
  }, [key, turn]);
  return { ...state, reload };
}

const stamp = new Intl.DateTimeFormat("sv-SE", {
  timeZone: "Europe/Stockholm",
  dateStyle: "short",
  timeStyle: "short",
});

export function Time({ at }: { at: string | null | undefined }) {
  if (!at) return <span class="faint">–</span>;
  return (
    <time dateTime={at} title={at}>
      {stamp.format(new Date(at))}
    </time>
  );
}

export const number = (n: number) => new Intl.NumberFormat("sv-SE").format(n);

// Probabilities near one are told by what is missing to it: .998, .9993.
export function Probability({ p }: { p: number }) {
  return <span class="num">{p.toFixed(p > 0.99 && p < 1 ? 4 : 3).replace(/^0/, "")}</span>;
}

export function State({ state }: { state: string }) {
  return <span class={`mark state-${state}`}>{state.replace(/_/g, " ")}</span>;
}

export function Problem({ text }: { text?: string }) {
  return text ? (
    <p class="problem" role="alert">
      {text}
    </p>
  ) : null;
}

export function Card({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section class="card">
      <h2>{title}</h2>
      {children}
    </section>
  );
}

export function Waiting() {
  return <p class="faint">loading …</p>;
}
