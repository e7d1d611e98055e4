/**
 * The types that the modules of the page share. Nothing here runs.
 *
 * Counting: tokens, layers and experts start at 0 in code, in `window.moescope` and in files; everything a person reads,
 * the address bar included, starts layers and tokens at 1. Experts keep their id, from 0, as in the literature.
 *
 * @typedef {"authored" | "live" | "recorded" | "trace"} Source
 * @typedef {"single" | "sequence" | "all"} Mode
 * @typedef {"orbit" | "front" | "top"} Camera
 * @typedef {import("./view/palettes.js").Theme} Theme
 * @typedef {import("./view/palettes.js").PaletteName} PaletteName
 * @typedef {"none" | "heatmap" | "load" | "table" | "learned" | "models" | "next" | "devices"} Panel
 *
 * What is asked of the server. Two equal requests give the same trace.
 * @typedef {object} Request
 * @property {Source} source
 * @property {string} scenario   name of a scenario
 * @property {string} prompt     typed text, for live; "" means the scenario's own text
 * @property {string} model      name of a checkpoint; "" means the shipped one with `experts` experts
 * @property {string} [shape]    authored: name of a published model, or a shape as text; "" means the small one
 * @property {number} experts    N
 * @property {number} k          K
 * @property {string} [router]   one of `boot.routers`; "" or left out: the one of the model's training; authored: topk_norm
 * @property {number | null} [capacity] null: the router's own. These are settings of routers: each reads those that `boot.routers` names
 * @property {number | null} [groups]
 * @property {number | null} [topk_groups]
 * @property {number | null} [scale]
 * @property {number | null} [noise]
 * @property {number | null} [updates]
 * @property {number | null} [rate]
 * @property {number} [skew]     authored: a logit that two experts of each layer have on top
 * @property {number} continue   tokens that the live model writes after the prompt
 * @property {number} temperature   of drawing them; 0: always the likeliest
 * @property {number} seed       of drawing them
 * @property {string} [alter]     live: what is changed in the model's routers; view/alterations.js
 * @property {number | null} step   of the training that was recorded; null: the last
 * @property {string} [trace]   of source trace: a file of the folder of traces
 *
 * How the trace is looked at. All of it is in the URL.
 * @typedef {object} ViewOnly
 * @property {Mode} mode
 * @property {Camera} camera
 * @property {number | null} token   where playback stands; null means from the start
 * @property {number | null} layer
 * @property {number | null} floor   the layer that is examined: by the load bars, and by TOP in SEQUENCE
 * @property {number | null} [shot]   moment of the directed shot that a link names, seconds
 * @property {number} speed          1 is normal
 * @property {import("./view/layers.js").Fold | null} fold   layers that stand open, the others being folded
 * @property {number | null} path    the token whose whole path is lit, selected in the token strip
 * @property {{layer: number, expert: number} | null} tower   the tower that the inspector shows
 * @property {string} corpus         behind the routing: "heldout", the name of an atlas, or "" for none
 * @property {"story" | "explore" | "present"} level   how much stands around the scene; an open panel is level Data (view/level.js)
 * @property {Panel} panel
 * @property {number} devices        that the experts are spread over; 0: not told
 * @property {boolean} whole         counters show the whole model too
 * @property {Theme} theme
 * @property {PaletteName} palette
 * @property {"group" | "heat"} [colour]   what trails and caps tell: who was here, where tokens have groups, or how often
 * @property {import("./words/language.js").Language} lang   of the document: another one is another document
 * @property {string} tour            name of the guided tour that is walked through, or ""
 * @property {number} at              the step of it, from 0
 * @property {number | null} quiz     the question that is asked, from 0
 * @property {Partial<Request> | null} b   a second stack beside the first: the request keys in which it differs
 *
 * Between a change and the answer of the server, `given` holds what is wished, and `asks` what was asked before.
 * @typedef {object} Spelt
 * @property {Partial<Request>} given   the fewest request keys that ask for the same: those of the address
 * @property {Partial<Request>} asks    request keys as the server understood them last: those of other questions to it
 *
 * @typedef {Request & ViewOnly & Spelt} View
 *
 * How the server understood request keys.
 * @typedef {object} Answer
 * @property {Request} request          every key filled in
 * @property {Partial<Request>} given   the fewest keys that ask for the same
 * @property {ServerNotice[]} notices
 *
 * A key that could not be used, and what is used instead.
 * @typedef {object} ServerNotice
 * @property {string} field             with "b." before it for the second stack
 * @property {string} found
 * @property {string} expected
 * @property {string} message
 * @property {string} advice
 * @property {string | number | null} used
 *
 * One key of the address, as app/request declares it.
 * @typedef {object} KeyDeclaration
 * @property {keyof Request & keyof ViewOnly} name
 * @property {"request" | "view"} belongs
 * @property {"choice" | "integer" | "number" | "flag" | "tower" | "fold" | "name" | "atlas" | "text"} kind
 * @property {any} default
 * @property {string[]} [values]            of a choice
 * @property {[number, number]} [limits]    least and most
 * @property {number} [max_chars]
 * @property {number} [origin]              what a person counts from
 * @property {string[]} [sources]           that read it
 * @property {string[]} [routers]           that read it
 *
 * One token of a trace.
 * @typedef {object} Token
 * @property {string} text
 * @property {string} [group]
 * @property {boolean} [written]   by the model, after the prompt
 * @property {number} [id]
 *
 * Shape and figures of the model, as the server computes them (app/shape.py `to_json`).
 * @typedef {object} Model
 * @property {string} name
 * @property {string} router
 * @property {Record<string, number>} [settings]   those that the router reads
 * @property {number} [choices]     columns of choices, where a router may choose more than top_k experts
 * @property {number} [capacity]    tokens that an expert takes of this prompt, where the router has a limit
 * @property {number} layers
 * @property {number} experts
 * @property {number} top_k
 * @property {number} d_model
 * @property {number} d_expert
 * @property {number} d_shared
 * @property {number} attention
 * @property {number} embeddings
 * @property {number} norms
 * @property {number} dense        parameters of the feed-forward networks outside the experts
 * @property {number} [shared]     shared experts of a layer
 * @property {number} [dense_below] layers without experts below the first that has some; `dense_layers` has all
 * @property {number} expert_size
 * @property {number} router_size
 * @property {number} total_p
 * @property {number} active_p
 * @property {number} whole_total
 * @property {number} whole_active
 * @property {number} bytes_16bit
 * @property {number} [matrices]      of an expert, where there are not 3: a gated linear unit's
 * @property {number} [expert_bias]
 * @property {number} [shared_gate]
 * @property {number} [router_bias]
 * @property {Record<string, string>} [layer_kinds]     of an engine: by layer, where it is no ordinary one
 * @property {Record<string, number[]>} [expert_kinds]  of an engine: experts that compute nothing, by kind
 * @property {string[]} [layer_names]                   of an engine: where it has each layer
 * @property {number[]} [dense_layers]  which of all layers, counted from 0, have no experts; `layers` counts the others
 *
 * Where the routing comes from. `badge` is what the page shows.
 * @typedef {object} Origin
 * @property {"AUTHORED" | "LIVE" | "RECORDED" | "IDS ONLY"} badge
 * @property {boolean} [ids_only]   the source names experts and knows no scores
 * @property {string} note     one sentence, in English, on what was computed and what was not; the page shows `words.originNote`
 * @property {Source} [source]
 * @property {string} [shape]      authored on the shape of a published model, whose name the model has
 * @property {string} [checkpoint] of a recording: the name of its model
 * @property {number} [step]       of a recording: training steps done
 * @property {number} [steps]      of a recording: the last of them
 * @property {number} [trained_top_k]    live: as its model was trained
 * @property {string} [trained_router]
 * @property {string} [engine]           that computed it
 * @property {string} [alter]           what was changed in the model's routers
 * @property {number} [prompt_tokens]   where a model writes on: tokens that were given to it
 * @property {number} [continue]        how many it was asked to write
 * @property {string} [trace]           the file of the folder of traces
 * @property {string} [file]            of a capture: its name
 * @property {import("./trace/window.js").Part} [window]   of a long trace: which part this is
 * @property {Finding[]} [findings]     of a capture: what there is to say of it
 * @property {string} [corpus]          of a recording: the text that its model was trained on
 *
 * One thing found in a capture: app/formats/findings.py. Layer and token count from 0.
 * @typedef {{code: string, level: "info" | "warning" | "error", message: string, layer: number | null, token: number | null}} Finding
 *
 * A trace as far as it has arrived. Arrays are sized for `tokens.length` and filled up to `received`.
 * Rows: scores [T, L, N] bytes, 255 * sqrt(gate score); experts [T, L, K], 65535 for none; weights [T, L, K].
 * @typedef {object} Trace
 * @property {string} id        identity of the trace on the server; equal requests give equal ids
 * @property {Model} model
 * @property {Origin} origin
 * @property {Token[]} tokens
 * @property {Uint8Array} scores
 * @property {Uint16Array} experts
 * @property {Float32Array} weights
 * @property {Uint8Array} dropped   [T, L, K], 1 where over capacity
 * @property {number[][] | null} bias   [L][N] added to scores for selection alone, where the router has any
 * @property {number} received      tokens routed so far
 * @property {boolean} complete     the server said that no more comes
 *
 * Playback: everything on screen is a function of (timeline, time). Times are seconds at speed 1.
 * `Flight` is one token on its way at a moment.
 * @typedef {object} Flight
 * @property {number} token
 * @property {number} height     layers passed: -1 is the entry below, l + 0 the router plane of layer l, layers is the exit
 * @property {number} layer      the layer it is at or last was at; -1 before the first
 * @property {number} at         seconds since it arrived at that layer's plane; negative never
 *
 * @typedef {object} Timeline
 * @property {Mode} mode
 * @property {number} tokens     T
 * @property {number} layers     L
 * @property {number} duration   when the last token has left and the last glow has settled to its dim rest
 * @property {number} beat       seconds a token stays at one router plane
 * @property {(token: number, layer: number) => number} arrives  when the token reaches the router plane of that layer
 * @property {(token: number, layer: number) => number} fires    when its top-k light there: from then on they count as hit
 * @property {(time: number) => Flight[]} flights                tokens between entry and exit
 * @property {(time: number) => {token: number, layer: number}} position  the event that fired last (token -1 before the first);
 *                                                                in ALL AT ONCE the token is the last of the batch
 *
 * What the scene draws from. Built by main.js for every frame that is drawn.
 * @typedef {object} Frame
 * @property {Trace} trace
 * @property {Timeline} timeline
 * @property {number} time
 * @property {number} wall                  seconds of a clock that never jumps, for camera moves; stepped by hand in tests
 * @property {Camera} camera
 * @property {number} layer                 the layer that TOP looks at
 * @property {number | null} path           token whose whole path is lit (selected or pointed at)
 * @property {number} [current]             the current token, -1 for none
 * @property {{layer: number, expert: number} | null} tower   tower pointed at or selected
 * @property {number | null} [shot]         seconds of the directed shot, while it is on
 * @property {boolean} still                reduced motion: no flights, no camera drift; steps
 * @property {Theme} [theme]                whose colours it has; dark where left out
 * @property {import("./view/layers.js").Fold | null} [fold]   layers that stand open, the others being folded; all where left out
 * @property {Corpus | null} [corpus]      behind the routing
 * @property {ArrayLike<number> | null} [devices]       [N] which device has each expert of a layer
 * @property {PaletteName} [palette]
 * @property {ViewOnly["colour"]} [colour]   by group where left out and tokens have groups
 *
 * A corpus of routing as the scene draws it: an atlas' answer to `scene`.
 * @typedef {object} Corpus
 * @property {string} atlas       its name
 * @property {string} corpus      name of its texts
 * @property {number} tokens
 * @property {number} documents
 * @property {number[][]} loads   [L][N] multiples of the even share
 * @property {[number, number, number, number][]} flows   layer, from, to in the next layer, tokens
 *
 * What the store holds.
 * @typedef {object} State
 * @property {View} view
 * @property {import("./state/state.js").Loading} loading   how far the trace that was asked for has come
 * @property {string} error                 what went wrong, in words, when loading failed
 * @property {"connecting" | "streaming" | "done" | "lost"} connection
 * @property {string[]} changed             request keys that a person changed and the server has not yet answered
 * @property {Notice[]} notices             values of the URL that fell back, and the like
 * @property {Trace | null} trace
 * @property {Corpus | null} corpus         of the view, as soon as it is there
 * @property {boolean} playing
 * @property {number | null} shot           seconds of the directed shot, while it is on
 * @property {boolean} opening              the shot begins with the next trace
 * @property {number} time                  seconds on the timeline
 * @property {{token: number, layer: number}} at   the event that fired last; token -1 before the first
 * @property {number} hits                  unique (layer, expert) pairs so far
 * @property {{token: number} | {layer: number, expert: number, quiet?: boolean} | null} hover   quiet: no person points at it
 * @property {import("./playback/timeline.js").Schedule | null} timeline   of the trace in this mode
 * @property {number | null} film          a video is recorded: how much of the pass is done, 0 to 1
 * @property {"none" | "share" | "keys" | "compare" | "tours" | "files"} overlay   what lies open over the page
 * @property {"so-far" | "whole" | "scenarios" | "text" | "corpus"} span   what the load counts over; the heat map takes the last three for the whole
 * @property {boolean} still                reduced motion: asked for by the system or by the switch
 * @property {Theme} theme                  that is shown: of the view, of a system that asks for contrast, or of print
 * @property {"" | "on" | "anew"} writing    the model writes, as fast as playback follows: after what is there, or after the prompt
 * @property {number} around                a token of the whole: of a long trace the page asks for the part in which it lies
 * @property {import("./api/counts.js").WholeCounts | null} whole   counts over all tokens of a long trace
 * @property {"waiting" | "shown" | "lost" | "missing" | "failed"} scene   missing: no WebGL 2
 *
 * @typedef {object} Notice
 * @property {string} field
 * @property {string} message
 *
 * What the server puts into the page (a JSON block), so that the page can check a URL before it asks.
 * @typedef {object} Boot
 * @property {string} version
 * @property {string} [lang]   of the document and of the words in here; English where it is left out
 * @property {ScenarioInfo[]} scenarios
 * @property {ModelInfo[]} models
 * @property {{name: string, refused: string}[]} [refused_models]   that cannot be run, each with the reason
 * @property {RouterInfo[]} [routers]   left out in a file that plays without a server
 * @property {ShapeInfo[]} [shapes]     of published models
 * @property {TourInfo[]} [tours]       left out in a file that plays without a server, as are the questions
 * @property {QuestionInfo[]} [questions]
 * @property {KeyDeclaration[]} keys
 * @property {{experts: number[], k: number[]}} offers   numbers that are offered without a link
 * @property {Request} request          the request of the address, as the server understood it
 * @property {Partial<Request>} given
 * @property {ServerNotice[]} notices
 * @property {Answer | null} second     of the second stack
 * @property {boolean} embed
 * @property {"socket" | "http"} [transport]   how to ask for traces first; left out: by socket
 * @property {Exported} [exported]   only in a file that plays without a server
 *
 * What app/export/exported_page.py puts into such a file.
 * @typedef {object} Exported
 * @property {string} query     the view that it opens with, as in the URL
 * @property {string} home      address of the site that it came from, without a path; "" where there is none
 * @property {import("./trace/wire.js").TraceMessage} trace
 * @property {string} steps     base64 of the binary messages that follow
 * @property {Corpus} [corpus]     behind the routing
 * @property {Pick<Exported, "trace" | "steps">} [other]   of a second stack
 *
 * @typedef {object} TourInfo
 * @property {string} name
 * @property {string} title
 * @property {string} summary
 * @property {{caption: string, view: string}[]} steps   a view as what stands behind the ? of its address; terms as in lessons.js
 *
 * @typedef {object} QuestionInfo
 * @property {string} name
 * @property {string} asks
 * @property {string[]} choices
 * @property {number} answer    which of them is right, from 0
 * @property {string} view      while it is asked
 * @property {string} shows     the answer
 * @property {string} says      what to see there
 *
 * @typedef {object} ScenarioInfo
 * @property {string} name
 * @property {string} title
 * @property {string} teaches     one sentence: what to look for
 * @property {string} text        the prompt in plain text
 * @property {string[]} groups
 * @property {Record<string, string>} [group_names]   what a person reads, where it is not the name
 * @property {string} [lang]      of title and teaches, where it is not the document's
 *
 * @typedef {object} RouterInfo
 * @property {string} name
 * @property {string} source              who described it
 * @property {string[]} settings          request keys that it reads
 * @property {Record<string, number>} defaults   of those; groups and topk_groups follow from N and k
 * @property {boolean} biased             adds a selection bias, which `updates` moves
 * @property {number | null} fixed_k      the k that it forces
 * @property {number | null} largest_k    the largest k that it takes, where that is less than N
 * @property {boolean} whole_batch        needs all tokens of the prompt at once: no `continue`
 * @property {boolean} varies             a token may have more or fewer experts than k
 *
 * A shape that can be asked for.
 * @typedef {{key: string, name: string}} ShapeInfo
 *
 * @typedef {object} ModelInfo
 * @property {string} name
 * @property {number} experts
 * @property {number} top_k
 * @property {string} note
 * @property {number[]} [steps]   moments of its training that were recorded
 * @property {string} [router]    that it was trained with
 * @property {boolean} [alters]   false: its routers cannot be changed
 * @property {string} [engine]    that runs it, where that is not the built-in one
 */

export {};
