/// How the pages look: one sheet, inlined, light and dark, one column on a narrow screen.
enum Stylesheet {
    static let source: StaticString = """
        :root { color-scheme: light dark; --back: #f6f7f9; --paper: #fff; --ink: #1c2330; --dim: #5a6473;
          --line: #dde1e7;
          --link: #1459b3; --good: #12734a; --bad: #b3261e; --busy: #8a5a00; --old: #8fa3bd; --new: #1967c8;
          --goodback: #dff3e8;
          --badback: #fde4e1; --busyback: #fdf0d5; --idleback: #e8ebf0; }
        @media (prefers-color-scheme: dark) { :root { --back: #12161d; --paper: #1a2029; --ink: #e4e8ee;
          --dim: #9aa5b4;
          --line: #2f3845; --link: #7db4ff; --good: #7bd6a6; --bad: #ff9b91; --busy: #f2c46d; --old: #5d6f88;
          --new: #4c93ee;
          --goodback: #173526; --badback: #43201d; --busyback: #3b2e12; --idleback: #28303b; } }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--back); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
        main { max-width: 72rem; margin: 0 auto; padding: 1rem 1.25rem 3rem; }
        a { color: var(--link); text-underline-offset: .15em; }
        :focus-visible { outline: 3px solid var(--new); outline-offset: 2px; border-radius: 4px; }
        .skip { position: absolute; left: -99rem; } .skip:focus { left: 1rem; top: .5rem; background: var(--paper);
          padding: .5rem; z-index: 1; }
        .hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
          white-space: nowrap; }
        header { display: flex; flex-wrap: wrap; align-items: center; gap: .4rem 1.25rem; padding: .6rem 1.25rem;
          background: var(--paper);
          border-bottom: 1px solid var(--line); }
        header .brand { color: var(--ink); text-decoration: none; font-size: 1.1rem; }
        header nav { display: flex; flex-wrap: wrap; gap: .1rem .2rem; flex: 1; }
        header nav a { padding: .3rem .45rem; border-radius: 6px; text-decoration: none; color: var(--dim); }
        header nav a[aria-current] { color: var(--ink); background: var(--idleback); font-weight: 600; }
        header form { display: flex; gap: .3rem; margin: 0; }
        #live { font-size: .8rem; color: var(--dim); } #live.on::before { content: "\\25CF  "; color: var(--good); }
        #live.off { color: var(--bad); }
        select, input, button { font: inherit; color: inherit; background: var(--paper);
          border: 1px solid var(--line); border-radius: 6px;
          padding: .3rem .6rem; }
        button { cursor: pointer; } button.quiet { color: var(--dim); }
        h1 { font-size: 1.45rem; margin: .6rem 0 .8rem; overflow-wrap: anywhere; } h1 a { color: inherit;
          text-decoration-color: var(--line); }
        h2 { font-size: 1.05rem; margin: 1.4rem 0 .5rem; } h3 { font-size: .95rem; margin: .8rem 0 .3rem;
          overflow-wrap: anywhere; }
        p { margin: .3rem 0 .6rem; overflow-wrap: anywhere; }
        .dim, .times { color: var(--dim); }
        .badge { display: inline-block; padding: .05rem .5rem; border-radius: 99px; font-size: .8rem;
          font-weight: 600; line-height: 1.5;
          white-space: nowrap; background: var(--idleback); color: var(--dim); vertical-align: middle; }
        .badge.good { background: var(--goodback); color: var(--good); } .badge.bad { background: var(--badback);
          color: var(--bad); }
        .badge.busy { background: var(--busyback); color: var(--busy); }
        .bad { color: var(--bad); } .banner { padding: .6rem .9rem; border-radius: 8px; background: var(--badback); }
        .verdict { font-size: 1.05rem; padding: .7rem 1rem; border-left: 4px solid var(--line);
          background: var(--paper); border-radius: 0 8px 8px 0; color: var(--ink); }
        .verdict.good { border-color: var(--good); } .verdict.bad { border-color: var(--bad); }
          .verdict.busy { border-color: var(--new); }
        .card, .steps, .watched, .why { background: var(--paper); border: 1px solid var(--line);
          border-radius: 10px; padding: .2rem 1rem .8rem;
          margin: 0 0 .8rem; }
        .scroll { overflow-x: auto; background: var(--paper); border: 1px solid var(--line); border-radius: 10px;
          margin-bottom: .6rem; }
        table { border-collapse: collapse; width: 100%; } th, td { text-align: left; vertical-align: top;
          padding: .45rem .8rem; }
        th { font-size: .8rem; color: var(--dim); font-weight: 600; white-space: nowrap; }
          tbody tr { border-top: 1px solid var(--line); }
        .long { overflow-wrap: anywhere; white-space: pre-line; } td { overflow-wrap: break-word; min-width: 5.5rem; }
          td:first-child a, td time { white-space: nowrap; } td p { margin: .2rem 0 0; font-size: .9rem; }
        code, pre { font: .85rem/1.5 ui-monospace, monospace; }
        pre { margin: .3rem 0 .8rem; padding: .7rem .9rem; background: var(--back); border: 1px solid var(--line);
          border-radius: 8px; overflow: auto;
          max-height: 24rem; white-space: pre-wrap; overflow-wrap: anywhere; }
        section > pre, details > pre { background: var(--paper); }
        .tail { display: flex; flex-direction: column-reverse; overflow: auto; max-height: 26rem;
          border: 1px solid var(--line); border-radius: 8px; }
        .tail pre { max-height: none; overflow: visible; border: 0; margin: 0; background: var(--paper); }
        .command { display: inline-block; max-width: 100%; margin: .2rem .5rem .2rem 0; padding: .15rem .5rem;
          color: var(--dim); background: var(--idleback);
          border-radius: 5px; overflow-wrap: anywhere; } .command::before { content: "$ "; opacity: .6;
          user-select: none; }
        dl { display: flex; flex-wrap: wrap; gap: .4rem 1.8rem; margin: .6rem 0; } dt { font-size: .8rem;
          color: var(--dim); }
        dd { margin: 0; overflow-wrap: anywhere; }
        details { margin: 1rem 0; } summary { cursor: pointer; font-weight: 600; } .log { list-style: none;
          padding: 0; }
        .log time { color: var(--dim); font-variant-numeric: tabular-nums; margin-right: .5rem; }
        figure { margin: .5rem 0; } svg { display: block; } svg:not([width]) { width: 100%; }
        .traffic svg { height: 1.6rem; border-radius: 6px; overflow: hidden; }
          rect.old, .old::before { fill: var(--old); background: var(--old); }
        rect.new, .new::before { fill: var(--new); background: var(--new); }
        .traffic rect { transition: x .6s, width .6s; }
        .traffic figcaption { display: flex; justify-content: space-between; gap: 1rem; margin-top: .3rem; }
        .traffic figcaption span::before { content: ""; display: inline-block; width: .7rem; height: .7rem;
          border-radius: 3px; margin-right: .4rem; }
        .actions { display: flex; flex-wrap: wrap; gap: .6rem 1.5rem; margin: 1rem 0; }
          .actions form { display: flex; flex-direction: column; gap: .25rem; }
        .do { padding: .5rem 1.4rem; font-weight: 600; } .promote, .resume, .primary { background: #1459b3;
          border-color: #1459b3; color: #fff; }
        .abort { background: #b3261e; border-color: #b3261e; color: #fff; }
          .do:hover, .primary:hover { filter: brightness(1.12); }
        .columns { display: grid; grid-template-columns: minmax(16rem, 2fr) 3fr; gap: .8rem; align-items: start; }
        .timeline { list-style: none; margin: 0; padding: 0; } .timeline li { display: flex; gap: .7rem;
          padding: .35rem 0; color: var(--dim); }
        .timeline li > div { flex: 1; } .timeline p { margin: 0; font-size: .9rem; }
          .timeline .times { float: right; font-variant-numeric: tabular-nums; }
        .timeline .sign { width: 1.4rem; height: 1.4rem; border-radius: 50%; text-align: center;
          line-height: 1.4rem; font-size: .8rem; background: var(--idleback); }
        .timeline .done, .timeline .active, .timeline .failed { color: var(--ink); }
          .done .sign { background: var(--goodback); color: var(--good); }
        .active .sign { background: var(--new); color: #fff; } .failed .sign { background: var(--badback);
          color: var(--bad); }
        .active .times { color: var(--ink); font-weight: 600; } .skipped b { text-decoration: line-through; }
        .plot { display: flex; gap: .4rem; } .plot svg { height: 9rem; border: 1px solid var(--line);
          border-radius: 6px; background: var(--back); }
        .scale { display: flex; flex-direction: column; justify-content: space-between; text-align: right;
          min-width: 1.6rem; }
        .scale, .chart .times { font-size: .75rem; color: var(--dim); font-variant-numeric: tabular-nums; }
        .chart .times { display: flex; justify-content: space-between; padding-left: 2rem; }
          .small .plot svg { height: 3rem; border: 0; background: none; }
        .curve { fill: none; stroke: var(--new); stroke-width: 2; stroke-linejoin: round; }
          .curve, .threshold, .mark { vector-effect: non-scaling-stroke; }
        .threshold { stroke: var(--bad); stroke-width: 1.5; stroke-dasharray: 6 4; } .danger { fill: var(--bad);
          opacity: .08; }
        .mark { stroke: var(--old); stroke-width: 1.5; } .mark.bad { stroke: var(--bad); }
        .sparks { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: .8rem; }
        .spark { display: flex; flex-direction: column; background: var(--paper); border: 1px solid var(--line);
          border-radius: 10px; padding: .4rem .9rem; }
        .spark .chart { margin-top: auto; } .spark h3 { margin: 0; color: var(--dim); font-size: .8rem; }
          .spark b { font-size: 1.3rem; }
        .graph { padding: .7rem; } .graph svg { margin: 0 auto; } .edge { fill: none; stroke: var(--old); stroke-width: 1.5; }
        .node rect { fill: var(--idleback); stroke: var(--line); } .node text { fill: var(--ink); font-size: 13px; }
          .node .kind { fill: var(--dim); font-size: 11px; }
        .node.good rect { fill: var(--goodback); stroke: var(--good); } .node.bad rect { fill: var(--badback);
          stroke: var(--bad); } .node.busy rect { fill: var(--busyback); stroke: var(--busy); }
        .diff { white-space: pre-wrap; overflow-wrap: anywhere; padding: 0 .3rem; border-radius: 4px; }
          .diff.removed { background: var(--badback); } .diff.added { background: var(--goodback); }
        .login { max-width: 24rem; margin: 10vh auto 0; } .login form, .login label { display: grid; gap: .3rem; }
          .login form { gap: .9rem; margin: 1rem 0; }
        .login input { padding: .5rem .7rem; }
        .stages { list-style: none; display: flex; gap: 1.6rem; margin: 1rem 0; padding: 0 0 .6rem; overflow-x: auto;
          align-items: flex-start; }
        .stage { position: relative; flex: 1 0 15rem; max-width: 24rem; background: var(--paper); border: 1px solid
          var(--line); border-top: 4px solid var(--line); border-radius: 10px; padding: .1rem .9rem .8rem; }
        .stage.good { border-top-color: var(--good); } .stage.bad { border-top-color: var(--bad); }
          .stage.busy { border-top-color: var(--new); }
        .stage + .stage::before { content: "\\2192"; position: absolute; left: -1.4rem; top: .5rem; font-size: 1.1rem;
          color: var(--dim); }
        .gate { font-size: .85rem; margin: .5rem 0 .2rem; } .stage > form { margin: .5rem 0 0; } .stage > form .quiet {
          font-size: .8rem; padding: .1rem .5rem; }
        .side { border-left: 3px solid var(--line); padding-left: .6rem; }
        .action { padding: .5rem 0 .3rem; border-top: 1px solid var(--line); } .action p { margin: .1rem 0;
          font-size: .9rem; } .action h4 { margin: 0; font-size: .95rem; overflow-wrap: anywhere; }
        .action pre { max-height: 12rem; } .action .sign { display: inline-block; width: 1.3rem; color: var(--dim); }
        .action.good .sign { color: var(--good); background: none; } .action.bad .sign { color: var(--bad);
          background: none; } .action.busy .sign { color: var(--new); background: none; }
        .approval { background: var(--busyback); border-radius: 8px; padding: .5rem .7rem; margin: .4rem 0; }
          .approval form, .stage > form { display: grid; gap: .35rem; } .approval form { margin: .5rem 0 0; }
          .approval .command { background: none; padding: 0; }
        .stage.bad, .action.bad { color: var(--ink); } .earlier { opacity: .65; } .answers { display: flex; gap: .5rem; }
          .answers .do { flex: 1; padding: .5rem; }
        .dots { display: inline-flex; gap: .3rem; } .dot { width: .8rem; height: .8rem; border-radius: 50%;
          background: var(--line); } .dot.good { background: var(--good); } .dot.bad { background: var(--bad); }
          .dot.busy { background: var(--new); }
        .search, .choices { display: flex; flex-wrap: wrap; gap: .4rem; align-items: center; margin: .3rem 0 .6rem; }
          .search input { flex: 1 1 12rem; max-width: 24rem; }
        .choices a { padding: .15rem .6rem; border: 1px solid var(--line); border-radius: 99px; text-decoration: none;
          background: var(--paper); } .choices a[aria-current] { background: var(--idleback); color: var(--ink);
          font-weight: 600; }
        .dora { grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); } .dora .spark p { margin: .1rem 0 .3rem;
          font-size: .85rem; } .dora .spark b { font-size: 1.2rem; } .dora .badge { font-size: .72rem; }
          .dora .spark .chart { margin-top: auto; } .dora .spark .small { font-size: .78rem; }
        .definitions { display: block; } .definitions div { margin: 0 0 .6rem; max-width: 50rem; }
        @media (max-width: 700px) {
          .stages { flex-direction: column; gap: 1.5rem; } .stage { flex: none; width: 100%; max-width: none; }
          .stage + .stage::before { content: "\\2193"; left: 50%; top: -1.6rem; }
          .choices a { padding: .35rem .7rem; }
          header { padding: .5rem .8rem; } header nav { order: 1; flex-basis: 100%; margin: 0 -.4rem; }
          header nav a { padding: .45rem .4rem; font-size: .88rem; }
          .timeline .times { float: none; display: block; }
          #live { margin-left: auto; } main { padding: .6rem .8rem 3rem; }
          .columns { grid-template-columns: minmax(0, 1fr); }
          .actions form { flex: 1 1 100%; } .do { width: 100%; padding: .7rem; }
          thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
          table, tbody, tr, td { display: block; } tr { padding: .4rem 0; } td { padding: .15rem .8rem;
          display: grid; grid-template-columns: 6.5rem minmax(0, 1fr); gap: 0 .6rem; }
          td > * { grid-column: 2; justify-self: start; } td:first-child a { white-space: normal; }
          td::before { content: attr(data-head); grid-column: 1; color: var(--dim); font-size: .8rem; }
        }
        @media (prefers-reduced-motion: reduce) { * { transition: none !important; } }
        """
}
