import "./styles/page.css";
import { render } from "preact";
import { App } from "./app";
import { applyPreferences } from "./state/preferences";
import { followRoute } from "./state/route";
import { followSession, recognise } from "./state/session";

applyPreferences();
followSession();
void recognise(); // takes a one-time token out of the address before the route is read
followRoute();
render(<App />, document.getElementById("page")!);
