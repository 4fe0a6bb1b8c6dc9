/**
 * A page to try WebSockets with: open /demo in a browser, twice if you like.
 *
 * A string is sent as HTML, so a function can be a whole page. This one needs nothing from anywhere
 * else; __websocket__.ts answers its messages, and push.ts sends to it.
 */
export default async function () {
  return page;
}

// `String.raw` leaves backslashes alone, and this page uses no dollar sign before a brace:
// what stands here is what the browser gets.
const page = String.raw`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>WebSocket demo</title>
<link rel="icon" href="data:,">
<style>
  :root {
    color-scheme: light dark;
    --page: #faf8f5; --card: #fff; --text: #23201c; --muted: #6a6259; --line: #e2dcd3;
    --accent: #a8400c; --on-accent: #fff; --open: #1c7a43; --push: #fdf0e6;
  }
  @media (prefers-color-scheme: dark) {
    :root {
      --page: #161412; --card: #201d1a; --text: #f2ede7; --muted: #aaa197; --line: #37322d;
      --accent: #ff9a57; --on-accent: #2a1200; --open: #5fd08d; --push: #33251a;
    }
  }
  * { box-sizing: border-box; }
  body {
    margin: 0 auto; max-width: 44rem; height: 100vh; height: 100dvh; padding: 1.25rem 1rem 1rem;
    display: flex; flex-direction: column; gap: .9rem;
    background: var(--page); color: var(--text); font: 1rem/1.5 system-ui, sans-serif;
  }
  header { display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between; gap: .1rem 1rem; }
  h1 { margin: 0; font-size: 1.35rem; letter-spacing: -.01em; }
  p { margin: 0; color: var(--muted); }
  code { font: .9em ui-monospace, monospace; color: var(--text); overflow-wrap: anywhere; }
  #state::before { content: "\25CF"; margin-right: .4rem; color: var(--muted); }
  #state[data-open]::before { color: var(--open); }
  #frames {
    flex: 1; min-height: 8rem; margin: 0; padding: .4rem 0; list-style: none; overflow-y: auto;
    background: var(--card); border: 1px solid var(--line); border-radius: .7rem;
  }
  #frames:empty::before { content: "What is sent and received appears here."; display: block; padding: .35rem .9rem; color: var(--muted); }
  #frames li { display: grid; grid-template-columns: auto auto 1fr; gap: .7rem; padding: .35rem .9rem; }
  #frames time { color: var(--muted); font-size: .85rem; line-height: 1.75; font-variant-numeric: tabular-nums; }
  #frames b { color: var(--accent); font-weight: 600; }
  #frames li.push { background: var(--push); }
  form { display: flex; flex-wrap: wrap; gap: .6rem; }
  label { flex-basis: 100%; margin-bottom: -.35rem; font-size: .9rem; color: var(--muted); }
  input, button { font: inherit; min-height: 2.75rem; padding: .4rem .9rem; border-radius: .6rem; border: 1px solid var(--line); }
  input { flex: 1 1 12rem; min-width: 0; background: var(--card); color: var(--text); }
  button { background: var(--card); color: var(--text); cursor: pointer; }
  button[type=submit] { background: var(--accent); border-color: var(--accent); color: var(--on-accent); font-weight: 600; }
  button:disabled { opacity: .5; cursor: default; }
  :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
  @media (max-width: 30rem) { button { flex: 1; } input { flex-basis: 100%; } }
</style>
</head>
<body>
<header>
  <h1>WebSocket demo</h1>
  <p id="state" role="status">connecting…</p>
</header>
<p>Your user id: <code id="user">not known yet</code></p>
<ol id="frames" aria-label="Frames" aria-live="polite" tabindex="0"></ol>
<form>
  <label for="text">Message</label>
  <input id="text" value="Hello" autocomplete="off" required autofocus>
  <button type="submit" disabled>Send</button>
  <button type="button" id="push" disabled>Push to myself</button>
</form>
<script type="module">
  const byId = (id) => document.getElementById(id);
  const form = document.forms[0];
  let socket;
  let userId;
  let attempts = 0;

  function show(direction, text, kind) {
    const frames = byId('frames');
    const row = document.createElement('li');
    const time = document.createElement('time');
    const arrow = document.createElement('b');
    const frame = document.createElement('code');
    time.textContent = new Date().toLocaleTimeString();
    arrow.textContent = direction === 'out' ? '↑' : '↓';
    arrow.ariaLabel = direction === 'out' ? 'sent' : 'received';
    arrow.role = 'img';
    // Never innerHTML: what others send must stay text.
    frame.textContent = text;
    row.className = kind ?? '';
    row.append(time, arrow, frame);
    frames.append(row);
    if (frames.children.length > 500) frames.firstChild.remove();
    frames.scrollTop = frames.scrollHeight;
  }

  function setOpen(open, text) {
    byId('state').textContent = text;
    byId('state').toggleAttribute('data-open', open);
    for (const button of form.querySelectorAll('button')) button.disabled = !open;
  }

  function receive(text) {
    let message = {};
    try {
      message = JSON.parse(text) ?? {};
    } catch {
      // Not JSON: __websocket__ has been changed to send something else. It is shown all the same.
    }
    if (message.type === 'welcome') {
      userId = message.userId;
      byId('user').textContent = userId;
    }
    show('in', text, message.type === 'push' ? 'push' : '');
  }

  function connect() {
    const url = new URL('__websocket__', location.href);
    url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
    socket = new WebSocket(url);
    socket.onopen = () => {
      attempts = 0;
      setOpen(true, 'connected');
    };
    socket.onmessage = ({ data }) => receive(typeof data === 'string' ? data : 'binary, ' + data.size + ' bytes');
    socket.onclose = ({ code }) => {
      // Clients wait longer each time and not all equally long, so that a server that comes back is not overrun.
      const seconds = Math.min(30, 2 ** attempts++) * (0.5 + Math.random() / 2);
      setOpen(false, 'closed (' + code + '), connecting again…');
      setTimeout(connect, seconds * 1000);
    };
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (socket.readyState !== WebSocket.OPEN) return;
    socket.send(byId('text').value);
    show('out', byId('text').value);
    byId('text').select();
  });

  byId('push').addEventListener('click', async () => {
    try {
      const response = await fetch('push?' + new URLSearchParams({ userId, message: byId('text').value }));
      if (!response.ok) byId('state').textContent = 'push answered ' + response.status + ': ' + (await response.text());
    } catch {
      byId('state').textContent = 'push could not be reached';
    }
  });

  connect();
</script>
</body>
</html>
`;
