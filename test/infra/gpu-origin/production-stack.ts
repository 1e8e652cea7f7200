// The part of the values of vLLM's production-stack that we use, as its chart 0.1.9 names it
// (vllm-project/production-stack, helm/values.yaml and values.schema.json). Strict, so that a slip is seen;
// it knows nothing of what the chart's templates make of the values.
import { z } from "zod";

const count = z.int().min(0);
const probe = z.strictObject({
  initialDelaySeconds: count,
  periodSeconds: count,
  failureThreshold: count,
  httpGet: z.strictObject({ path: z.string(), port: z.union([z.int(), z.string()]) }),
});
const labels = z.record(z.string(), z.string());
const strategy = z.strictObject({
  type: z.enum(["RollingUpdate", "Recreate"]),
  rollingUpdate: z.strictObject({ maxSurge: count, maxUnavailable: count }),
});

const keda = z.strictObject({
  enabled: z.boolean(),
  minReplicaCount: count,
  maxReplicaCount: count,
  pollingInterval: count,
  cooldownPeriod: count,
  fallback: z.strictObject({ failureThreshold: count, replicas: count }),
  triggers: z.array(
    z.strictObject({
      type: z.literal("prometheus"),
      // KEDA reads strings alone.
      metadata: z.strictObject({
        serverAddress: z.url(),
        query: z.string(),
        threshold: z.string().regex(/^\d+$/),
      }),
    }),
  ),
  advanced: z.strictObject({
    restoreToOriginalReplicaCount: z.boolean(),
    horizontalPodAutoscalerConfig: z.strictObject({ behavior: z.record(z.string(), z.unknown()) }),
  }),
});

const model = z.strictObject({
  name: z.string().regex(/^[a-z0-9-]+$/),
  repository: z.string(),
  tag: z.string(),
  modelURL: z.string(),
  replicaCount: count,
  requestCPU: z.number(),
  requestMemory: z.string(),
  requestGPU: z.int(),
  pvcStorage: z.string(),
  pvcAccessMode: z.array(z.enum(["ReadWriteOnce", "ReadWriteMany", "ReadOnlyMany"])),
  vllmConfig: z.strictObject({
    enablePrefixCaching: z.boolean(),
    maxModelLen: z.int(),
    dtype: z.string(),
    gpuMemoryUtilization: z.number().max(1),
    extraArgs: z.array(z.string()),
  }),
  env: z.array(z.strictObject({ name: z.string(), value: z.string() })),
  keda,
});

export const productionStackValues = z.strictObject({
  servingEngineSpec: z.strictObject({
    enableEngine: z.boolean(),
    labels,
    vllmApiKey: z.strictObject({ secretName: z.string(), secretKey: z.string() }),
    imagePullPolicy: z.enum(["Always", "IfNotPresent", "Never"]),
    runtimeClassName: z.string(),
    containerPort: z.int(),
    servicePort: z.int(),
    strategy,
    startupProbe: probe,
    livenessProbe: probe,
    serviceMonitor: z.strictObject({ enabled: z.boolean() }),
    modelSpec: z.array(model),
  }),
  routerSpec: z.strictObject({
    enableRouter: z.boolean(),
    repository: z.string(),
    tag: z.string(),
    replicaCount: count,
    containerPort: z.int(),
    servicePort: z.int(),
    serviceType: z.enum(["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"]),
    serviceDiscovery: z.enum(["k8s", "static"]),
    routingLogic: z.enum([
      "roundrobin",
      "session",
      "prefixaware",
      "kvaware",
      "disaggregated_prefill",
    ]),
    engineScrapeInterval: count,
    requestStatsWindow: count,
    labels,
    resources: z.strictObject({
      requests: z.record(z.string(), z.string()),
      limits: z.record(z.string(), z.string()),
    }),
  }),
});
