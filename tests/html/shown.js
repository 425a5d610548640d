// What Chromium lays out of a document, for tests/tests/all/stack/gate/html.rs. None of our own code is asked.

// The documents as frames of this page, one below the other and as high as what they show.
async function lay(documents, width) {
  document.body.replaceChildren();
  document.body.style = "margin:0";
  const frames = documents.map((html) => {
    const frame = document.createElement("iframe");
    frame.setAttribute("sandbox", "allow-same-origin");
    frame.style = `display:block;border:0;width:${width}px;height:10px`;
    frame.srcdoc = html;
    return frame;
  });
  const loaded = frames.map((frame) => new Promise((done) => frame.addEventListener("load", done)));
  document.body.append(...frames);
  await Promise.all(loaded);
  for (const frame of frames) frame.style.height = frame.contentDocument.documentElement.scrollHeight + "px";
  return frames;
}

// The text that can be seen, what stands for pictures, where the links lead, and where each text lies.
function shown(frame) {
  const doc = frame.contentDocument, view = doc.defaultView, page = doc.documentElement;
  const width = Math.max(page.scrollWidth, page.clientWidth), height = page.scrollHeight;
  const seen = { text: "", all: "", links: [], boxes: [], width, height, small: [] };
  const walker = doc.createTreeWalker(doc.body, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node.nodeName === "IMG") {
      seen.text += ` ${node.alt} `;
      seen.all += ` ${node.alt} `;
    }
    if (node.nodeName === "A" && node.hasAttribute("href")) seen.links.push(node.href);
    if (node.nodeType !== Node.TEXT_NODE) continue;
    seen.all += node.data;
    const range = doc.createRange();
    range.selectNodeContents(node);
    const boxes = [...range.getClientRects()].filter((box) => {
      const [left, top] = [box.left + view.scrollX, box.top + view.scrollY];
      return box.width > 0 && box.height > 0 && left + box.width > 0 && top + box.height > 0 && left < width && top < height;
    });
    if (!boxes.length || !visible(node.parentElement, boxes, view)) continue;
    // As it is shown: the form has the letters in the case that a style gives them.
    const upper = view.getComputedStyle(node.parentElement).textTransform === "uppercase";
    seen.text += upper ? node.data.toUpperCase() : node.data;
    if (/[\p{L}\p{N}]/u.test(node.data)) {
      const size = parseFloat(view.getComputedStyle(node.parentElement).fontSize);
      if (size < 7.99) seen.small.push(node.data.trim().slice(0, 40));
      const at = frame.getBoundingClientRect();
      // What one has to scroll to is on no picture of the window.
      const near = boxes.filter((box) => box.right <= page.clientWidth);
      if (near.length < boxes.length) continue;
      const moved = near.map((box) => [box.left + at.left + scrollX, box.top + at.top + scrollY, box.width, box.height]);
      seen.boxes.push({ text: node.data.trim().slice(0, 40), boxes: moved });
    }
  }
  return seen;
}

function visible(element, boxes, view) {
  if (view.getComputedStyle(element).visibility !== "visible") return false;
  for (let up = element; up; up = up.parentElement) {
    const style = view.getComputedStyle(up);
    if (parseFloat(style.opacity) < 0.1) return false;
    if (style.overflowX === "visible" && style.overflowY === "visible") continue;
    if (up === up.ownerDocument.documentElement || up === up.ownerDocument.body) continue;
    const clip = up.getBoundingClientRect();
    const inside = (box) => box.right > clip.left && box.left < clip.right && box.bottom > clip.top && box.top < clip.bottom;
    if (!boxes.some(inside)) return false;
  }
  return true;
}

async function pixels(png) {
  const picture = new Image();
  picture.src = `data:image/png;base64,${png}`;
  await picture.decode();
  const canvas = new OffscreenCanvas(picture.width, picture.height), context = canvas.getContext("2d");
  context.drawImage(picture, 0, 0);
  return { width: picture.width, height: picture.height, data: context.getImageData(0, 0, picture.width, picture.height).data };
}

function distance(one, other, at) {
  const of = (n) => Math.abs(one.data[at + n] - other.data[at + n]);
  return Math.max(of(0), of(1), of(2));
}

// Of each text, how many pixels of its boxes differ between two pictures of the page, with and without the text.
async function ink(withText, without, texts) {
  const [one, other] = [await pixels(withText), await pixels(without)];
  return texts.map(({ boxes }) => {
    let found = 0;
    for (const [left, top, width, height] of boxes) {
      for (let y = Math.max(0, Math.floor(top)); y < Math.min(one.height, top + height); y++) {
        for (let x = Math.max(0, Math.floor(left)); x < Math.min(one.width, left + width); x++) {
          found += distance(one, other, (y * one.width + x) * 4) > 25;
        }
      }
    }
    return found;
  });
}

// The share of two pictures' squares of 8 by 8 pixels that have no like one at their place or next to it in the other picture:
// a line that is a few pixels higher looks the same. And the two pictures beside each other.
async function compared(first, second, width, height) {
  const [one, other] = [await pixels(first), await pixels(second)];
  const [across, down] = [width, height].map((size) => Math.ceil(size / 8));
  const [these, those] = [one, other].map((picture) => squares(picture, across, down));
  const like = (a, b) => a.every((value, n) => Math.abs(value - b[n]) <= 30);
  let found = 0;
  for (let y = 0; y < down; y++) {
    for (let x = 0; x < across; x++) {
      const near = [];
      for (let v = Math.max(0, y - 1); v <= Math.min(down - 1, y + 1); v++) {
        for (let u = Math.max(0, x - 1); u <= Math.min(across - 1, x + 1); u++) near.push(v * across + u);
      }
      const at = y * across + x;
      found += !near.some((n) => like(these[at], those[n])) || !near.some((n) => like(those[at], these[n]));
    }
  }
  const canvas = new OffscreenCanvas(2 * width + 20, height), context = canvas.getContext("2d");
  [one, other].forEach(({ data, width: whole, height: all }, n) => {
    context.putImageData(new ImageData(data, whole, all), n * (width + 20), 0, 0, 0, width, height);
  });
  const reader = new FileReader(), blob = await canvas.convertToBlob();
  await new Promise((done) => { reader.onload = done; reader.readAsDataURL(blob); });
  return { share: found / (across * down), beside: reader.result.split(",")[1] };
}

// The mean colour of each square.
function squares(picture, across, down) {
  const found = [];
  for (let y = 0; y < down; y++) {
    for (let x = 0; x < across; x++) {
      const sum = [0, 0, 0];
      for (let n = 0; n < 64; n++) {
        const at = ((y * 8 + (n >> 3)) * picture.width + x * 8 + (n & 7)) * 4;
        sum.forEach((_, part) => (sum[part] += picture.data[at + part] / 64));
      }
      found.push(sum);
    }
  }
  return found;
}
