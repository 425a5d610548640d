// Gives the frame of a mail the height of the mail, so that nothing of it lies below a fold, and says where it is wider
// than the page. Without this script the frame has a height that was estimated, and scrolls.
for (const frame of document.querySelectorAll("iframe.frame")) {
  const fit = () => {
    const page = frame.contentDocument && frame.contentDocument.documentElement;
    if (!page) return;
    frame.style.height = "0";
    frame.style.height = page.scrollHeight + 2 + "px";
    frame.nextElementSibling.hidden = page.scrollWidth <= page.clientWidth;
  };
  frame.addEventListener("load", fit);
  // What is folded away has no height yet.
  const fold = frame.closest("details");
  if (fold) fold.addEventListener("toggle", fit);
  addEventListener("resize", fit);
  fit();
}
