import type { MqttClient } from "mqtt";

/** A message of the broker as it came. */
export interface Message {
  number: number; // counts up: a key for lists
  at: number;
  topic: string;
  payload: Uint8Array;
}

/** What to watch, and as whom where the broker wants to know. */
export interface Watched {
  address: string;
  filter: string;
  user: string;
  password: string;
}

export interface TopicListener {
  message(message: Message): void;
  connected(): void;
  failed(why: string): void;
}

const connectWithinMs = 8_000;

/** Watches a topic filter by MQTT 5 over WebSocket until it is closed. The library is fetched when it is first wanted:
 * it is larger than the rest of the page. */
export class TopicWatch {
  private client: MqttClient | undefined;
  private isClosed = false;
  private number = 0;

  constructor(
    watched: Watched,
    private readonly listener: TopicListener,
  ) {
    void this.open(watched);
  }

  close(): void {
    this.isClosed = true;
    this.client?.end(true);
  }

  private async open({ address, filter, user, password }: Watched): Promise<void> {
    const { default: mqtt } = await import("mqtt");
    if (this.isClosed) return;
    try {
      this.client = mqtt.connect(address, {
        protocolVersion: 5,
        clientId: `page-${crypto.getRandomValues(new Uint32Array(2)).join("-")}`,
        ...(user && { username: user, password }),
        connectTimeout: connectWithinMs,
        reconnectPeriod: 3_000,
        timerVariant: "native", // the other one is a worker made of a blob, which the page's policy forbids
      });
    } catch (e) {
      return this.listener.failed((e as Error).message); // not an address
    }
    this.follow(this.client, filter);
  }

  private follow(client: MqttClient, filter: string): void {
    client.on("connect", () => {
      client.subscribe(filter, { qos: 0 }, (error) =>
        error ? this.listener.failed(error.message) : this.listener.connected(),
      );
    });
    client.on("message", (topic, payload) =>
      this.listener.message({ number: this.number++, at: Date.now(), topic, payload: Uint8Array.from(payload) }),
    );
    client.on("error", (error) => this.listener.failed(error.message));
    client.on("close", () => !this.isClosed && this.listener.failed("closed"));
  }
}
