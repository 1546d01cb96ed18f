import { useEffect, useRef, useState } from "preact/hooks";
import { TopicWatch, type Message } from "../api/topics";
import { Field, Note, Panel, Table } from "../components/parts";
import { formatBytes, formatClock } from "../format";
import { texts } from "../texts";

const words = texts.topics;
const keptMax = 100;
const shownBytesMax = 2_000;
const showEveryMs = 250;

/** Where the node's broker listens unless it is configured otherwise (docs/listeners.md). */
const usualAddress = () =>
  location.protocol === "https:" ? `wss://${location.hostname}:8084/mqtt` : `ws://${location.hostname}:8083/mqtt`;

/** A payload as text where it is text. */
function textOf(payload: Uint8Array): string {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(payload);
    return text.length > shownBytesMax ? `${text.slice(0, shownBytesMax)} …` : text;
  } catch {
    return words.bytes(formatBytes(payload.length));
  }
}

type Watched = { address: string; filter: string };

/** The newest messages of a topic filter; a flood of them is shown four times a second. */
function useMessages(watched: Watched | null) {
  const [messages, setMessages] = useState<Message[]>([]);
  const [trouble, setTrouble] = useState<string | null>(null);
  const fresh = useRef<Message[]>([]);
  useEffect(() => {
    if (!watched) return;
    setMessages([]);
    setTrouble(null);
    const watch = new TopicWatch(watched.address, watched.filter, {
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
  const start = (form: FormData) =>
    setWatched({ address: String(form.get("address")), filter: String(form.get("filter")) });
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
          <input name="address" type="url" required defaultValue={usualAddress()} readOnly={watched !== null} />
        </Field>
        <Field label={words.filter}>
          <input name="filter" required defaultValue="#" readOnly={watched !== null} spellcheck={false} />
        </Field>
        <button type="submit" aria-pressed={watched !== null}>
          {watched ? words.stop : words.watch}
        </button>
      </form>
      <Note>{`${words.hint} ${words.kept(keptMax)}`}</Note>
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
