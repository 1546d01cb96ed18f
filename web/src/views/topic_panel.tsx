import { useEffect, useRef, useState } from "preact/hooks";
import { TopicWatch, type Message, type Watched } from "../api/topics";
import type { Listener } from "../api/types";
import { Field, Note, Panel, Table } from "../components/parts";
import { formatBytes, formatClock } from "../format";
import { useResource } from "../state/resource";
import { texts } from "../texts";

const words = texts.topics;
const keptMax = 100;
const shownBytesMax = 2_000;
const showEveryMs = 250;

const listenersEveryMs = 60_000;

/** Where the node's broker can be reached from here: a page that came over TLS may open nothing that is not. */
function addressOf(listeners: Listener[]): string | undefined {
  const usable = location.protocol === "https:" ? ["wss"] : ["ws", "wss"];
  const found = usable.flatMap((transport) => listeners.filter((each) => each.transport === transport))[0];
  return found && `${found.transport}://${location.hostname}:${found.port}/mqtt`;
}

/** A payload as text where it is text. */
function textOf(payload: Uint8Array): string {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(payload);
    return text.length > shownBytesMax ? `${text.slice(0, shownBytesMax)} …` : text;
  } catch {
    return words.bytes(formatBytes(payload.length));
  }
}

/** The newest messages of a topic filter; a flood of them is shown four times a second. */
function useMessages(watched: Watched | null) {
  const [messages, setMessages] = useState<Message[]>([]);
  const [trouble, setTrouble] = useState<string | null>(null);
  const fresh = useRef<Message[]>([]);
  useEffect(() => {
    if (!watched) return;
    setMessages([]);
    setTrouble(null);
    const watch = new TopicWatch(watched, {
      message: (message) => {
        fresh.current.unshift(message);
        fresh.current.length = Math.min(fresh.current.length, keptMax);
      },
      connected: () => setTrouble(null),
      failed: setTrouble,
    });
    const showing = setInterval(() => {
      const taken = fresh.current.splice(0);
      if (taken.length) setMessages((old) => [...taken, ...old].slice(0, keptMax));
    }, showEveryMs);
    return () => {
      watch.close();
      clearInterval(showing);
    };
  }, [watched]);
  return { messages, trouble };
}

/** What devices really send, before anything is made of it. */
export function TopicPanel() {
  const [watched, setWatched] = useState<Watched | null>(null);
  const { messages, trouble } = useMessages(watched);
  const { data } = useResource<{ listeners: Listener[] }>("/mqtt/listeners", listenersEveryMs);
  const address = data && addressOf(data.listeners);
  const start = (form: FormData) => {
    const text = (name: string) => String(form.get(name) ?? "");
    setWatched({ address: text("address"), filter: text("filter"), user: text("user"), password: text("password") });
  };
  return (
    <Panel title={words.title} class="topics">
      <form
        onSubmit={(e) => {
          e.preventDefault();
          if (watched) setWatched(null);
          else start(new FormData(e.currentTarget));
        }}
      >
        <Field label={words.address}>
          <input key={address} name="address" type="url" required defaultValue={address} readOnly={watched !== null} />
        </Field>
        <Field label={words.filter}>
          <input name="filter" required defaultValue="#" readOnly={watched !== null} spellcheck={false} />
        </Field>
        <Field label={words.user}>
          <input name="user" autocomplete="off" autocapitalize="none" readOnly={watched !== null} />
        </Field>
        <Field label={words.password}>
          <input name="password" type="password" autocomplete="off" readOnly={watched !== null} />
        </Field>
        <button type="submit" aria-pressed={watched !== null}>
          {watched ? words.stop : words.watch}
        </button>
      </form>
      <Note>{`${words.hint} ${words.kept(keptMax)}`}</Note>
      {data && !address && <Note>{words.noListener}</Note>}
      {trouble && (
        <p class="trouble" role="status">
          {words.failed(trouble)}
        </p>
      )}
      {watched && messages.length === 0 && !trouble && <Note>{words.waiting}</Note>}
      {messages.length > 0 && (
        <Table label={words.title} head={[words.at, words.topic, words.payload]}>
          {messages.map((each) => (
            <tr key={each.number}>
              <td>{formatClock(new Date(each.at))}</td>
              <td>
                <code>{each.topic}</code>
              </td>
              <td>
                <pre>{textOf(each.payload)}</pre>
              </td>
            </tr>
          ))}
        </Table>
      )}
    </Panel>
  );
}
