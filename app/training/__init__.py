"""Trains the checkpoints under `models/`: corpus, tokenizer, five runs, routing snapshots, figures.

    python -m app.training all              everything, in order; resumes after an interruption
    python -m app.training corpus           unpack the text packages and split them by document
    python -m app.training tokenizer        byte-level BPE of 4,096 entries, and the text as token arrays
    python -m app.training train NAME       one run; resumes from its last saved state
    python -m app.training snapshots NAME   the routing snapshots of a run as trace files
    python -m app.training heldout          models/heldout.safetensors: windows of held-out text as token ids
    python -m app.training readme           models/README.md, its figures taken from each training.json

`python -m app measure`, which needs neither of both, then writes models/measured.json (`all` does it, too).

PyTorch and transformers come with the extra `train`; serving never imports this package.

The text is documentation and code that Debian ships, fetched by package name and never committed:

| text | packages | licence |
|---|---|---|
| English, French | debian-handbook | CC BY-SA 3.0 or GPL-2+ |
| English, French | debian-reference-en, -fr; developers-reference, -fr | GPL-2+ |
| English, French | maint-guide, maint-guide-fr; aptitude-doc-en, -fr | GPL-2+ |
| English, French | debian-edu-doc-en, -fr | GPL-2+ and GPL-3+ |
| English, French | installation-guide-amd64 | GPL-2 |
| English, French | debian-faq, debian-faq-fr | the FAQ's own: copies and changes under the same notice |
| English, French | gimp-help-en, -fr | GFDL 1.2+, no invariant sections |
| English | manpages, manpages-dev | Linux man-pages copyleft, GPL-2+, BSD, MIT |
| French | manpages-fr, manpages-fr-dev | GPL-3+, over the licences of the English pages |
| Python | libpython3.11-stdlib, libpython3.11-minimal | PSF-2.0 |
"""
