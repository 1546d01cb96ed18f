import { useCallback, useEffect, useState } from "preact/hooks";
import { ApiError, get } from "../api/client";

export interface Resource<T> {
  data: T | undefined; // the newest that came; it stays while the node does not answer
  error: ApiError | undefined;
  reload: () => void;
}

/** Asks for a path again and again while a component shows it. Nothing is asked where `path` is null, nor while the
 * page is hidden. */
export function useResource<T>(path: string | null, everyMs = 5_000): Resource<T> {
  const [state, setState] = useState<{ path: string | null; data?: T; error?: ApiError }>({ path });
  const [round, setRound] = useState(0);
  useEffect(() => {
    if (path === null) return;
    const stop = new AbortController();
    let busy = false;
    const load = async () => {
      if (busy || document.hidden) return;
      busy = true;
      try {
        setState({ path, data: await get<T>(path, stop.signal) });
      } catch (error) {
        if (error instanceof ApiError) setState((old) => ({ ...old, path, error }));
      } finally {
        busy = false;
      }
    };
    void load();
    const timer = setInterval(() => void load(), everyMs);
    return () => {
      stop.abort();
      clearInterval(timer);
    };
  }, [path, everyMs, round]);
  const reload = useCallback(() => setRound((n) => n + 1), []);
  return { data: state.data, error: state.error, reload };
}
