// SPDX-License-Identifier: Apache-2.0
// api.ts -- the console's API (share/openapi.json) as functions. Every refusal is an
// ApiError with the server's sentence; 401 also ends the session in the page.

export interface Session {
  name: string;
  role: string;
  csrf: string;
  must_change_password: boolean;
}

export interface Case {
  id: string;
  code: string;
  line: string;
  class: string;
  state: string;
  open: boolean;
  held: boolean;
  shadow: boolean;
  posterior: number;
  opened: string | null;
  last_evidence: string | null;
  notified: string | null;
  ended: string | null;
  due: string | null;
  notices: number;
  reminders: number;
  entries: number;
}

export interface Entry {
  number: number;
  time: string;
  type: string;
  actor: string;
  staff: number;
  policy_version: number;
  score: number;
  posterior: number;
  prior: number;
  groups: string[];
  upstreams: number;
  gold: boolean;
  step: number;
  until: string | null;
  ref: string;
  note: string | null;
}

export interface FlowRecord {
  first: string;
  last: string;
  peer: string;
  peer_port: number;
  our_port: number;
  protocol: number | string;
  packets: number[];
  bytes: number[];
  answer: string;
}

export interface Lease {
  address: string;
  start: string | null;
  end: string | null;
  handle?: number;
  port_lo?: number;
  port_hi?: number;
}

export interface Evidence {
  sighting: string;
  source: string;
  identifier: string;
  group: string;
  kind: string;
  family: string | null;
  weight: number;
  weight_now: number;
  gold: boolean;
  first: string;
  last: string;
  count: number;
  days: number;
  why: string;
  counts: boolean;
  address: string;
  port: number;
  attribution: string;
  flows: FlowRecord[];
  leases: Lease[];
}

export interface Explanation {
  score: number;
  posterior: number;
  prior: number;
  verdict: string;
  groups: { group: string; weight: number; gold: boolean }[];
  evidence: Evidence[];
}

export interface Prevalence {
  method: string;
  window_days: number;
  subscribed_lines: number | null;
  days: { day: string; active: number; new: number }[];
  families: { family: string; active: number; new: number }[];
  unattributed_share: number | null;
}

export interface Unread {
  number: number;
  received: string;
  severity: string;
  source: string;
  reporter: string;
  reason: string;
  place: number;
  bytes: number;
  items: number;
}

export interface UnreadPiece {
  item: Unread;
  piece: string | null;
  cut?: boolean;
}

export class ApiError extends Error {
  constructor(readonly status: number, message: string) {
    super(message);
  }
}

let csrf = "";
let whenLost: () => void = () => undefined;

export function onSessionLost(call: () => void): void {
  whenLost = call;
}

async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = {};
  if (method !== "GET") {
    headers["Content-Type"] = "application/json";
    headers["X-CSRF-Token"] = csrf;
  }
  let reply: Response;
  try {
    reply = await fetch(path, {
      method,
      headers,
      credentials: "same-origin",
      body: method === "GET" ? undefined : JSON.stringify(body ?? {}),
    });
  } catch {
    throw new ApiError(0, "the console does not answer: is botkoll running?");
  }
  const answer: unknown = await reply.json().catch(() => ({}));
  if (reply.ok) return answer as T;
  if (reply.status === 401 && path !== "/api/login") whenLost();
  const told = (answer as { error?: unknown }).error;
  throw new ApiError(reply.status, typeof told === "string" ? told : `status ${reply.status}`);
}

function keep(session: Session): Session {
  csrf = session.csrf;
  return session;
}

const one = (code: string) => `/api/cases/${encodeURIComponent(code)}`;

export const api = {
  login: async (name: string, password: string) =>
    keep(await call<Session>("POST", "/api/login", { name, password })),
  session: async () => keep(await call<Session>("GET", "/api/session")),
  logout: () => call<unknown>("POST", "/api/logout"),
  password: (password: string) => call<unknown>("POST", "/api/password", { password }),
  cases: (query: string) => call<{ cases: Case[] }>("GET", `/api/cases?${query}`),
  case: (code: string) => call<{ case: Case; entries: Entry[] }>("GET", one(code)),
  explain: (code: string) => call<Explanation>("GET", `${one(code)}/explain`),
  act: (code: string, verb: "note" | "hold" | "release" | "close", note: string) =>
    call<unknown>("POST", `${one(code)}/${verb}`, { note }),
  prevalence: () => call<Prevalence>("GET", "/api/prevalence"),
  unread: () => call<Unread[]>("GET", "/api/unread"),
  unreadOne: (n: number) => call<UnreadPiece>("GET", `/api/unread/${n}`),
  unreadDone: (n: number, outcome: string) => call<Unread>("POST", `/api/unread/${n}/done`, { outcome }),
  unreadItem: (n: number, means: { address: string; time: string; class: string }) =>
    call<Unread>("POST", `/api/unread/${n}/item`, means),
  status: () => call<Record<string, unknown>>("GET", "/api/status"),
};
