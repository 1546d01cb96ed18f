import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { Note } from "./components/parts";
import { Shell } from "./shell";
import { route, type ViewName } from "./state/route";
import { visitor, type Visitor } from "./state/session";
import { followSite, forgetSite } from "./state/site";
import { texts } from "./texts";
import { Alarms } from "./views/alarms";
import { Devices } from "./views/devices";
import { Links } from "./views/links";
import { Now } from "./views/now";
import { Rules } from "./views/rules";
import { ChoosePassword, SignIn, SignInAgain } from "./views/sign_in";
import { System } from "./views/system";
import { Trends } from "./views/trends";

const views: Record<ViewName, ComponentType> = {
  now: Now,
  trends: Trends,
  alarms: Alarms,
  links: Links,
  devices: Devices,
  rules: Rules,
  system: System,
};

/** The page of somebody whom the node lets in. Nothing is asked of the node while they are away. */
function Site({ isAway }: { isAway: boolean }) {
  useEffect(() => (isAway ? undefined : followSite()), [isAway]);
  const { view } = route.value;
  useEffect(() => {
    document.title = `${texts.views[view]} · ${texts.product}`;
  }, [view]);
  const View = views[view];
  return (
    <Shell>
      <View key={view} />
    </Shell>
  );
}

/** Whose page it is. What one visitor saw is not for the next. */
const ownerOf = (who: Visitor): string | null => ("session" in who ? who.session.user : null);

export function App() {
  const who = visitor.value;
  const owner = ownerOf(who);
  useEffect(() => forgetSite, [owner]);
  switch (who.state) {
    case "unknown":
      return (
        <main class="sign-in">
          <Note>{texts.signIn.checking}</Note>
        </main>
      );
    case "signed_out":
      return <SignIn reason={who.reason} />;
    case "invited":
      return <ChoosePassword user={who.user} reason={who.reason} />;
    default:
      return (
        <>
          <Site key={owner} isAway={who.state === "away"} />
          {who.state === "away" && <SignInAgain reason={who.reason} />}
        </>
      );
  }
}
