#pragma once

namespace chat {

// The page to try it with. What it sends is JSON, which the service does not look into.
inline constexpr const char* kPage = R"(<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>chat</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 2rem auto; padding: 0 1rem }
  #messages { height: 60vh; overflow-y: auto; border: 1px solid #ccc; padding: .5rem; margin: 1rem 0 }
  #state { color: #777 }
  form { display: flex; gap: .5rem }
  #text { flex: 1 }
</style>
<h1>chat</h1>
<div id="state"></div>
<div id="messages"></div>
<form>
  <input id="name" size="10" placeholder="name" maxlength="40">
  <input id="text" placeholder="say something" maxlength="400" autofocus autocomplete="off">
  <button>send</button>
</form>
<script>
  const find = (id) => document.getElementById(id);
  const room = location.hash.slice(1) || 'lobby';
  const base = location.pathname.replace(/\/$/, '') + '/rooms/' + encodeURIComponent(room);
  addEventListener('hashchange', () => location.reload());
  const show = (text) => {
    const line = find('messages').appendChild(document.createElement('div'));
    line.textContent = text;
    line.scrollIntoView();
  };
  const state = (text) => { find('state').textContent = room + ': ' + text; };
  const listen = () => {
    const events = new EventSource(base + '/events?recent=20');
    events.addEventListener('welcome', (event) => state(event.data));
    events.addEventListener('gap', () => show('(some messages may be missing here)'));
    events.onmessage = (event) => {
      try {
        const {name, text} = JSON.parse(event.data);
        show((name || 'somebody') + ': ' + text);
      } catch {
        show(event.data);
      }
    };
    events.onerror = () => {
      state('connecting');
      if (events.readyState === EventSource.CLOSED) {  // Refused: no place was free, perhaps.
        setTimeout(listen, 5000);
      }
    };
  };
  listen();
  document.forms[0].onsubmit = async (submit) => {
    submit.preventDefault();
    const text = find('text').value;
    if (text) {
      find('text').value = '';
      const answer = await fetch(base + '/messages',
                                 {method: 'POST', body: JSON.stringify({name: find('name').value, text})});
      if (!answer.ok) {
        state(await answer.text());
      }
    }
  };
</script>
)";

}  // namespace chat
