// Cloudflare on loopback: the API as the real wrangler asks it, and an edge that serves the versions
// that were deployed there. Paths and shapes as wrangler 4 reads and writes them
// (developers.cloudflare.com/api: Workers scripts, versions, deployments, KV).
import { randomUUID } from "node:crypto";
import { hex } from "../../gateway/core/hex.ts";
import { digestOf, parseKey } from "../../gateway/tenancy/api-key.ts";
import { jsonAnswer, type Answer } from "./fault.ts";
import { FakeServer, type RecordedRequest } from "./fake-server.ts";

/** How the next uploaded version will serve. */
export type Behaviour = "well" | "by another ranker" | "open to all" | "not at all";

interface Binding {
  readonly type: string;
  readonly name: string;
  readonly [field: string]: unknown;
}

interface Version {
  readonly id: string;
  readonly bindings: readonly Binding[];
  readonly behaviour: Behaviour;
  /** Requests that it answered at the edge. */
  served: number;
}

interface Deployment {
  readonly id: string;
  readonly created_on: string;
  readonly versions: readonly { readonly version_id: string; readonly percentage: number }[];
  readonly annotations: Readonly<Record<string, string>>;
}

interface Worker {
  readonly versions: Version[];
  /** The newest first. */
  readonly deployments: Deployment[];
  migrationTag: string | null;
  schedules: unknown;
  domains: unknown;
}

interface Namespace {
  readonly id: string;
  readonly title: string;
  readonly values: Map<string, { readonly value: string; readonly ttl: string | null }>;
}

interface Metadata {
  readonly bindings: readonly Binding[];
  readonly keep_bindings?: readonly string[];
  readonly migrations?: { readonly new_tag: string };
}

export class FakeCloudflare extends FakeServer {
  readonly workers = new Map<string, Worker>();
  readonly namespaces: Namespace[] = [];
  behaviour: Behaviour = "well";
  /** Paths of the static files of the last upload. */
  assets: readonly string[] = [];
  /** Hashes of files that were uploaded once. */
  readonly #kept = new Set<string>();
  /** Keys whose digest was looked up at the edge before: hashing takes a promise, an answer none. */
  readonly #digests = new Map<string, string>();
  #clockMs = Date.parse("2026-01-01T00:00:00Z");

  /** What a process needs to reach it in Cloudflare's place. */
  get environment(): NodeJS.ProcessEnv {
    return {
      CLOUDFLARE_API_BASE_URL: `${this.baseUrl}/client/v4`,
      CLOUDFLARE_API_TOKEN: "a-token",
      CLOUDFLARE_ACCOUNT_ID: "0123456789abcdef0123456789abcdef",
    };
  }

  worker(name: string): Worker {
    const worker = this.workers.get(name);
    if (worker === undefined) throw new Error(`no Worker ${name}`);
    return worker;
  }

  /** A Worker that was deployed before: versions by id, and percent by version. */
  serve(
    name: string,
    behaviours: Readonly<Record<string, Behaviour>>,
    split: Readonly<Record<string, number>>,
  ): void {
    const versions = Object.entries(behaviours).map(([id, behaviour]) => ({
      id,
      bindings: [],
      behaviour,
      served: 0,
    }));
    const worker = { ...newWorker(), versions };
    this.workers.set(name, worker);
    const shares = Object.entries(split);
    this.#deploy(
      worker,
      shares.map(([id, percentage]) => ({ version_id: id, percentage })),
      {},
    );
  }

  /** Percent by version, now. */
  traffic(name: string): Readonly<Record<string, number>> {
    const versions = this.worker(name).deployments[0]?.versions ?? [];
    return Object.fromEntries(versions.map((each) => [each.version_id, each.percentage]));
  }

  /** Secrets of the newest version, by name. */
  secrets(name: string): Readonly<Record<string, unknown>> {
    const bindings = this.worker(name).versions.at(-1)?.bindings ?? [];
    const secret = bindings.filter(({ type }) => type === "secret_text");
    return Object.fromEntries(secret.map((each) => [each.name, each["text"]]));
  }

  /** Requests that change something, as `METHOD path`; paths from the account on. */
  get changes(): string[] {
    return this.requests
      .filter(({ method, path }) => method !== "GET" && path.startsWith(api))
      .map(
        ({ method, path }) => `${method} ${path.slice(api.length).replace(/^\/accounts\/\w+/, "")}`,
      );
  }

  protected override answer(request: RecordedRequest): Answer {
    const { method, path } = request;
    if (!path.startsWith(api)) return this.#atTheEdge(request);
    const [, , , area = "", kind = "", name = "", what = "", which = ""] = path
      .slice(api.length)
      .split("/");
    if (area === "storage") return this.#kv(request);
    if (kind === "assets") return this.#takeAssets(request);
    if (kind === "subdomain") return result({ subdomain: "someone" });
    if (kind === "workers") {
      const off = { enabled: true, previews_enabled: false };
      return result({ id: name, name, subdomain: off });
    }
    if (kind === "services") {
      const worker = this.workers.get(name);
      if (worker === undefined) return failure(404, 10_090, "This environment does not exist.");
      const script = { id: name, tag: "a-tag", tags: [], last_deployed_from: "wrangler" };
      const migration = worker.migrationTag === null ? {} : { migration_tag: worker.migrationTag };
      return result({
        id: name,
        default_environment: { environment: "production", script: { ...script, ...migration } },
      });
    }
    if (kind !== "scripts") return failure(404, 7_003, `Could not route to ${path}`);
    if (method === "PUT" && what === "") return this.#putScript(name, request);
    // The Worker need not be there yet.
    if (what === "assets-upload-session") return this.#askForAssets(request);
    const worker = this.workers.get(name);
    if (worker === undefined) {
      return failure(404, 10_007, "This Worker does not exist on your account.");
    }
    switch (`${method} ${what}`) {
      case "GET secrets":
        return result(
          Object.keys(this.secrets(name)).map((each) => ({ name: each, type: "secret_text" })),
        );
      case "GET settings":
        return result({ bindings: worker.versions.at(-1)?.bindings ?? [] });
      case "POST versions": {
        const version = this.#addVersion(worker, request);
        return result({
          id: version.id,
          number: worker.versions.length,
          startup_time_ms: 44,
          metadata: { has_preview: false },
          resources: { script: { etag: "an-etag" } },
        });
      }
      case "GET versions":
        return result(describe(worker, which));
      case "GET deployments":
        return result({ deployments: worker.deployments });
      case "POST deployments": {
        const { versions, annotations } = request.body as Deployment;
        return result({ id: this.#deploy(worker, versions, annotations).id });
      }
      case "GET subdomain":
      case "POST subdomain":
        return result({ enabled: true, previews_enabled: true });
      case "PUT schedules":
        worker.schedules = request.body;
        return result({ schedules: request.body });
      case "PATCH script-settings":
      case "GET script-settings":
        return result({ tags: [], observability: { enabled: true } });
      case "POST domains":
      case "PUT domains":
        worker.domains = request.body;
        return result({ added: [], removed: [], updated: [], conflicting: [] });
      default:
        return failure(404, 7_003, `Could not route to ${method} ${path}`);
    }
  }

  /** Wants each file of the manifest that it has not got. */
  #askForAssets({ body }: RecordedRequest): Answer {
    const { manifest } = body as { manifest: Readonly<Record<string, { readonly hash: string }>> };
    this.assets = Object.keys(manifest);
    const wanted = Object.values(manifest).filter(({ hash }) => !this.#kept.has(hash));
    const bucket = wanted.map(({ hash }) => hash);
    for (const hash of bucket) this.#kept.add(hash);
    return result({ jwt: "a-token", buckets: bucket.length === 0 ? [] : [bucket] });
  }

  /** All of them come in one request here; with the last one comes the word that they are complete. */
  #takeAssets({ headers }: RecordedRequest): Answer {
    const isAllowed = headers["authorization"] === "Bearer a-token";
    return isAllowed ? result({ jwt: "all-there" }) : failure(403, 10_000, "Authentication error");
  }

  #putScript(name: string, request: RecordedRequest): Answer {
    const worker = this.workers.get(name) ?? newWorker();
    const version = this.#addVersion(worker, request);
    this.workers.set(name, worker);
    worker.migrationTag = metadataOf(request).migrations?.new_tag ?? worker.migrationTag;
    this.#deploy(worker, [{ version_id: version.id, percentage: 100 }], {});
    return result({
      id: name,
      tag: "a-tag",
      etag: "an-etag",
      deployment_id: version.id.replaceAll("-", ""),
      startup_time_ms: 44,
    });
  }

  #addVersion(worker: Worker, request: RecordedRequest): Version {
    const { bindings, keep_bindings: kept = [] } = metadataOf(request);
    const before = worker.versions.at(-1)?.bindings ?? [];
    const own = bindings.map((each) =>
      each.type === "inherit" ? (before.find(({ name }) => name === each.name) ?? each) : each,
    );
    const inherited = before.filter(
      ({ type, name }) => kept.includes(type) && !own.some((each) => each.name === name),
    );
    const { behaviour } = this;
    const version = { id: randomUUID(), bindings: [...own, ...inherited], behaviour, served: 0 };
    worker.versions.push(version);
    return version;
  }

  #deploy(
    worker: Worker,
    versions: Deployment["versions"],
    annotations: Deployment["annotations"],
  ): Deployment {
    this.#clockMs += 1_000;
    const createdOn = new Date(this.#clockMs).toISOString();
    const deployment = {
      id: randomUUID(),
      source: "wrangler",
      strategy: "percentage",
      author_email: "someone@example.com",
      created_on: createdOn,
      versions,
      annotations: annotations ?? {},
    };
    worker.deployments.unshift(deployment);
    return deployment;
  }

  #kv({ method, path, query, body }: RecordedRequest): Answer {
    const [id = "", what = "", name = ""] =
      path.split("/storage/kv/namespaces")[1]?.split("/").slice(1) ?? [];
    if (id === "" && method === "GET") {
      // Wrangler asks for pages until one is empty.
      const first = (new URLSearchParams(query).get("page") ?? "1") === "1";
      const listed = first ? this.namespaces : [];
      return result(listed.map(({ id: each, title }) => ({ id: each, title })));
    }
    if (id === "") {
      const { title } = body as { title: string };
      if (this.namespaces.some((each) => each.title === title)) {
        return failure(400, 10_014, "a namespace with this account ID and title already exists");
      }
      const namespace = { id: randomUUID().replaceAll("-", ""), title, values: new Map() };
      this.namespaces.push(namespace);
      return result({ id: namespace.id, title });
    }
    const namespace = this.namespaces.find((each) => each.id === id);
    if (namespace === undefined) return failure(404, 10_013, "namespace not found");
    if (what !== "values" || method !== "PUT") return result([]);
    const ttl = new URLSearchParams(query).get("expiration_ttl");
    namespace.values.set(decodeURIComponent(name), { value: partOf(body, "value"), ttl });
    return result(null);
  }

  /** As the gateway would, in the few requests that the smoke suite sends. */
  #atTheEdge({ method, path, headers, body }: RecordedRequest): Answer {
    const asked = /^([\w-]+)="([^"]+)"$/.exec(
      headers["cloudflare-workers-version-overrides"] ?? "",
    );
    const name = asked?.[1] ?? [...this.workers.keys()].at(-1) ?? "";
    const worker = this.workers.get(name);
    const traffic = worker?.deployments[0]?.versions ?? [];
    const most = traffic.toSorted((a, b) => b.percentage - a.percentage)[0]?.version_id;
    const id = traffic.some((each) => each.version_id === asked?.[2]) ? asked?.[2] : most;
    const version = worker?.versions.find((each) => each.id === id);
    if (version === undefined) return jsonAnswer(404, {});
    version.served += 1;
    if (version.behaviour === "not at all") {
      return jsonAnswer(503, { title: "Misconfigured", detail: "RANKERS" });
    }
    if (method === "GET") return jsonAnswer(200, statics(version)[path] ?? {});
    const allowed =
      version.behaviour === "open to all" || this.#knows(headers["authorization"] ?? "");
    if (!allowed) return jsonAnswer(401, { title: "Unauthorized" });
    const {
      text,
      themes,
      top_k: top = 99,
    } = body as { text: string; themes: string[]; top_k?: number };
    if (text === "")
      return jsonAnswer(422, { title: "Invalid request", errors: [{ pointer: "/text" }] });
    const degraded = version.behaviour === "by another ranker";
    return jsonAnswer(200, {
      themes: themes.slice(0, top).map((each, at) => ({ id: each, score: 90 - at })),
      source: degraded ? "lexical" : "gemini",
      degraded,
      reason: degraded ? "gemini_error" : null,
      ...(path === "/v1/analyze" && { summary: { text: "It is about rent.", status: "complete" } }),
    });
  }

  /** Whether the digest of this key lies in a namespace, as `npm run keys` puts it there. */
  #knows(authorization: string): boolean {
    const key = parseKey(authorization.replace(/^Bearer /, ""));
    if (key === null) return false;
    const digest = this.#digests.get(key.text);
    if (digest === undefined) {
      // Known from the second request on, as a key is that KV shows late.
      void digestOf(key).then((bytes) => this.#digests.set(key.text, hex(bytes)));
      return false;
    }
    return this.namespaces.some(({ values }) => values.get(`key:${key.id}`)?.value === digest);
  }
}

export function startFakeCloudflare(): Promise<FakeCloudflare> {
  return new FakeCloudflare().start();
}

const api = "/client/v4";

const newWorker = (): Worker => ({
  versions: [],
  deployments: [],
  migrationTag: null,
  schedules: null,
  domains: null,
});

const statics = ({ id }: Version): Record<string, object> => ({
  "/v1/status": { status: "ok", mode: "all-gemini", deployment: id },
  "/readyz": { status: "ok" },
  "/openapi.json": { openapi: "3.1.0" },
});

function describe(worker: Worker, id: string): object {
  const one = (version: Version, at: number) => ({
    id: version.id,
    number: at + 1,
    metadata: { created_on: "2026-01-01T00:00:00Z", author_email: "", source: "wrangler" },
    annotations: {},
    resources: {
      script: { etag: "an-etag", handlers: ["fetch"], last_deployed_from: "wrangler" },
      script_runtime: {},
      bindings: version.bindings,
    },
  });
  const at = worker.versions.findIndex((each) => each.id === id);
  const found = worker.versions[at];
  return found === undefined ? { items: worker.versions.map(one) } : one(found, at);
}

function metadataOf({ body }: RecordedRequest): Metadata {
  return JSON.parse(partOf(body, "metadata")) as Metadata;
}

/** A field of a multipart body. */
function partOf(body: unknown, name: string): string {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const [boundary = ""] = text.split("\r\n");
  const part = text.split(boundary).find((each) => each.includes(`name="${name}"`)) ?? "";
  return part.slice(part.indexOf("\r\n\r\n") + 4).replace(/\r\n$/, "");
}

function result(value: unknown): Answer {
  return jsonAnswer(200, { success: true, errors: [], messages: [], result: value });
}

function failure(status: number, code: number, message: string): Answer {
  return jsonAnswer(status, {
    success: false,
    errors: [{ code, message }],
    messages: [],
    result: null,
  });
}
