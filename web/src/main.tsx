import { render } from "preact";

render(<main>Perigee</main>, document.getElementById("page")!);
