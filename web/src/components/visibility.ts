// Which rows are on the screen: only these are painted.

const told = new WeakMap<Element, (isVisible: boolean) => void>();
let observer: IntersectionObserver | undefined;

/** Tells when the element comes on the screen and leaves it. Gives the way to end it. */
export function watchVisibility(element: Element, tell: (isVisible: boolean) => void): () => void {
  observer ??= new IntersectionObserver(
    (entries) => entries.forEach((each) => told.get(each.target)?.(each.isIntersecting)),
    { rootMargin: "80px" },
  );
  told.set(element, tell);
  observer.observe(element);
  return () => {
    observer?.unobserve(element);
    told.delete(element);
  };
}
