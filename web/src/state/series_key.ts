import type { MetricName } from "../api/types";

/** One text for a series, which a URL can hold: `node/device/metric`, each part encoded. */
export function keyOf({ node, device, metric }: MetricName): string {
  return [node, device, metric].map(encodeURIComponent).join("/");
}

/** The other way round; nothing where it is not such a text. */
export function nameOf(key: string): MetricName | undefined {
  const parts = key.split("/");
  if (parts.length !== 3) return undefined;
  try {
    const [node = "", device = "", metric = ""] = parts.map(decodeURIComponent);
    return { node, device, metric };
  } catch {
    return undefined;
  }
}
