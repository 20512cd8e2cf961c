/// The script of every page. Without it the pages work too; they only have to be loaded again.
///
/// When the server tells of an event, or at the pace of a page on which something runs, the page's main part is
/// fetched and the
/// differences are put in place, so that focus, selection, scrolling and a button under the mouse stay as they are.
enum LiveScript {
    static let source: StaticString = #"""
        (() => {
          'use strict';
          const root = '/_slipway/console';
          const state = document.getElementById('live');
          let busy = false, again = false, source = null, timer = 0;

          const morph = (old, fresh) => {
            if (old.nodeName !== fresh.nodeName || (old.id || '') !== (fresh.id || '')) {
              old.replaceWith(document.importNode(fresh, true));
              return;
            }
            if (old.nodeType === Node.TEXT_NODE) {
              if (old.data !== fresh.data) old.data = fresh.data;
              return;
            }
            if (old.nodeType !== Node.ELEMENT_NODE) return;
            for (const { name } of [...old.attributes])
              if (!fresh.hasAttribute(name) && !(name === 'open' && old.nodeName === 'DETAILS'))
                old.removeAttribute(name);
            for (const { name, value } of [...fresh.attributes])
              if (old.getAttribute(name) !== value) old.setAttribute(name, value);
            const before = [...old.childNodes], after = [...fresh.childNodes];
            after.forEach((node, i) => {
              if (before[i]) morph(before[i], node); else old.append(document.importNode(node, true));
            });
            before.slice(after.length).forEach(node => node.remove());
          };

          const refresh = async () => {
            if (document.hidden || document.querySelector('main[data-still]')) return;
            if (busy) { again = true; return; }
            busy = true;
            clearTimeout(timer);
            try {
              const address = new URL(location.href);
              address.searchParams.set('part', 'main');
              const answer = await fetch(address, { credentials: 'same-origin', cache: 'no-store' });
              if (answer.status === 401) { location.reload(); return; }
              const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
              const fresh = page.querySelector('main'), old = document.querySelector('main');
              if (fresh && old) morph(old, fresh);
              say('live');
            } catch (error) {
              say('no connection');
            } finally {
              busy = false;
              plan();
              if (again) { again = false; refresh(); }
            }
          };

          const say = word => {
            if (!state || state.textContent === word) return;
            state.textContent = word;
            state.className = { live: 'on', connecting: '' }[word] ?? 'off';
          };

          const plan = () => {
            clearTimeout(timer);
            const pace = Number(document.querySelector('main')?.dataset.refresh || 0);
            if (pace > 0) timer = setTimeout(refresh, pace);
            else if (state?.className === 'off') timer = setTimeout(refresh, 3000);
          };

          const open = () => {
            if (source || document.hidden) return;
            source = new EventSource(root + '/live');
            source.addEventListener('change', refresh);
            source.onopen = () => say('live');
            source.onerror = () => { say('no connection'); plan(); };
          };

          // A hidden page gives its connection back: browsers have but six for one server.
          document.addEventListener('visibilitychange', () => {
            if (document.hidden) { source?.close(); source = null; } else { open(); refresh(); }
          });
          document.getElementById('region')?.addEventListener('change', event => event.target.form.submit());
          document.addEventListener('submit', event => {
            if (event.target.dataset.sent) { event.preventDefault(); return; }
            event.target.dataset.sent = 'yes';
          });
          window.addEventListener('pageshow', event => { if (event.persisted) location.reload(); });
          say('connecting');
          open();
          plan();
        })();
        """#
}
