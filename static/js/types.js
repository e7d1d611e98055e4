/**
 * The types that the modules of the page share. It has no code.
 *
 * Counting: tokens, layers and experts start at 0 in code, in `window.moescope` and in files; displayed text and the
 * address start layers and tokens at 1. Experts keep their id, from 0, as in the literature.
 *
 * @typedef {"authored" | "live" | "recorded" | "trace"} Source
 * @typedef {"single" | "sequence" | "all"} Mode
 * @typedef {"orbit" | "front" | "top"} Camera
 * @typedef {import("./view/palettes.js").Theme} Theme
 * @typedef {import("./view/palettes.js").PaletteName} PaletteName
 * @typedef {"none" | "heatmap" | "load" | "table" | "learned" | "models" | "next" | "devices"} Panel
 *
 * The request to the server. Two equal requests give the same trace.
 * @typedef {object} Request
 * @property {Source} source
 * @property {string} scenario   name of a scenario
 * @property {string} prompt     typed text, for live; "" means the scenario's own text
 * @property {string} model      name of a checkpoint; "" means the shipped one with `experts` experts
 * @property {string} [shape]    authored: name of a published model, or a shape as text; "" means the small one
 * @property {number} experts    N
 * @property {number} k          K
 * @property {string} [router]   one of `boot.routers`; "" or omitted: the trained router of the model; authored: topk_norm
 * @property {number | null} [capacity] null: the default. This and the next keys are settings of routers: each reads those that `boot.routers` names
 * @property {number | null} [groups]
 * @property {number | null} [topk_groups]
 * @property {number | null} [scale]
 * @property {number | null} [noise]
 * @property {number | null} [updates]
 * @property {number | null} [rate]
 * @property {number} [skew]     authored: added to the logits of two experts of each layer
 * @property {number} continue   tokens that the live model generates after the prompt
 * @property {number} temperature   of the generation; 0: always the most likely token
 * @property {number} seed       of the generation
 * @property {string} [alter]     live: changes of the model's routers; view/alterations.js
 * @property {number | null} step   step of a recorded training; null: the last
 * @property {string} [trace]   of source trace: a file in the folder of traces
 *
 * The view keys. All of them are in the URL.
 * @typedef {object} ViewOnly
 * @property {Mode} mode
 * @property {Camera} camera
 * @property {number | null} token   the place of playback; null: from the start
 * @property {number | null} layer
 * @property {number | null} floor   the examined layer: of the load bars, and of TOP in SEQUENCE
 * @property {number | null} [shot]   seconds of the directed shot in a link
 * @property {number} speed          1 is normal
 * @property {import("./view/layers.js").Fold | null} fold   open layers; the others are folded
 * @property {number | null} path    the token whose whole path is lit, selected in the token strip
 * @property {{layer: number, expert: number} | null} tower   the tower that the inspector shows
 * @property {string} corpus         behind the routing: "heldout", the name of an atlas, or "" for none
 * @property {"story" | "explore" | "present"} level   level of detail; an open panel implies level Data (view/level.js)
 * @property {Panel} panel
 * @property {number} devices        number of devices that hold the experts; 0: none
 * @property {boolean} whole         counters show the whole model too
 * @property {Theme} theme
 * @property {PaletteName} palette
 * @property {"group" | "heat"} [colour]   the colours of trails and caps: token groups, or number of uses
 * @property {import("./words/language.js").Language} lang   language of the document
 * @property {string} tour            name of the guided tour, or ""
 * @property {number} at              its step, from 0
 * @property {number | null} quiz     the question, from 0
 * @property {Partial<Request> | null} b   a second stack beside the first: the request keys in which it differs
 *
 * Between a change and the answer of the server, `given` holds the new request and `asks` the previous one.
 * @typedef {object} RequestKeys
 * @property {Partial<Request>} given   the fewest keys for the same request: those of the address
 * @property {Partial<Request>} asks    the request keys of the last answer, used in other requests to the server
 *
 * @typedef {Request & ViewOnly & RequestKeys} View
 *
 * The request as the server understood it.
 * @typedef {object} Answer
 * @property {Request} request          with every key set
 * @property {Partial<Request>} given   the fewest keys that ask for the same
 * @property {ServerNotice[]} notices
 *
 * A replaced key, and the value used instead.
 * @typedef {object} ServerNotice
 * @property {string} field             with the prefix "b." for the second stack
 * @property {string} found
 * @property {string} expected
 * @property {string} message
 * @property {string} advice
 * @property {string | number | null} used
 *
 * One token of a trace.
 * @typedef {object} Token
 * @property {string} text
 * @property {string} [group]
 * @property {boolean} [written]   generated generated by the model, after the prompt
 * @property {number} [id]
 *
 * Shape and figures of the model, as the server computes them (app/shape.py `to_json`).
 * @typedef {object} Model
 * @property {string} name
 * @property {string} router
 * @property {Record<string, number>} [settings]   those that the router reads
 * @property {number} [choices]     columns of choices, if a router may choose more than top_k experts
 * @property {number} [capacity]    expert capacity in tokens for this prompt, if the router has one
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
 * @property {number} [dense_below] dense layers below the first MoE layer; `dense_layers` has all
 * @property {number} expert_size
 * @property {number} router_size
 * @property {number} total_p
 * @property {number} active_p
 * @property {number} whole_total
 * @property {number} whole_active
 * @property {number} bytes_16bit
 * @property {number} [matrices]      matrices per expert, if not the 3 of a gated linear unit
 * @property {number} [expert_bias]
 * @property {number} [shared_gate]
 * @property {number} [router_bias]
 * @property {Record<string, string>} [layer_kinds]     of an engine: kinds of unusual layers
 * @property {number} [zero_experts]  experts per layer beside `experts` that compute nothing: an empty choice is one of them
 * @property {string[]} [layer_names]                   of an engine: its names of the layers
 * @property {number[]} [dense_layers]  the layers without experts, counted from 0 among all; `layers` counts the others
 *
 * The origin of the routing. The page shows `badge`.
 * @typedef {object} Origin
 * @property {"AUTHORED" | "LIVE" | "RECORDED" | "IDS ONLY"} badge
 * @property {boolean} [ids_only]   the source has expert ids without scores
 * @property {string} note     one sentence, in English, on what was computed; the page shows `words.originNote`
 * @property {Source} [source]
 * @property {string} [shape]      authored on the shape of a published model, whose name the model has
 * @property {string} [checkpoint] of a recording: the name of its model
 * @property {number} [step]       of a recording: training steps done
 * @property {number} [steps]      of a recording: the last of them
 * @property {number} [trained_top_k]    live: as its model was trained
 * @property {string} [trained_router]
 * @property {string} [engine]           that computed it
 * @property {string} [alter]           what was changed in the model's routers
 * @property {number} [prompt_tokens]   of a generation: number of tokens of the prompt
 * @property {number} [continue]        of a generation: number of requested tokens
 * @property {string} [trace]           the file of the folder of traces
 * @property {string} [file]            of a capture: its name
 * @property {string} [fingerprint]     of a capture: equal for equal routing
 * @property {import("./trace/window.js").Part} [window]   of a long trace: which part this is
 * @property {Finding[]} [findings]     of a capture: its findings
 * @property {string} [corpus]          of a recording: the text that its model was trained on
 *
 * One thing found in a capture: app/formats/findings.py. Layers and tokens count from 0.
 * @typedef {{code: string, level: "info" | "warning" | "error", message: string, layer: number | null, token: number | null}} Finding
 *
 * A trace as far as it has arrived. Arrays are sized for `tokens.length` and filled up to `received`. Rows: scores [T, L,
 * N] bytes, 255 * sqrt(gate score); experts [T, L, K], 65535 for none; weights [T, L, K].
 * @typedef {object} Trace
 * @property {string} id        identity of the trace on the server; equal requests give equal ids
 * @property {Model} model
 * @property {Origin} origin
 * @property {Token[]} tokens
 * @property {Uint8Array} scores
 * @property {Uint16Array} experts
 * @property {Float32Array} weights
 * @property {Uint8Array} dropped   [T, L, K], 1 where over capacity
 * @property {number[][] | null} bias   [L][N] added to scores for selection only, if the router has one
 * @property {number} received      tokens routed so far
 * @property {boolean} complete     all tokens have arrived
 *
 * Playback: everything on screen is a function of (timeline, time). Times are seconds at speed 1. `Flight` is one token
 * in flight at a time.
 * @typedef {object} Flight
 * @property {number} token
 * @property {number} height     layers passed: -1 is the entry below, l + 0 the router plane of layer l, layers is the exit
 * @property {number} layer      its current or last layer; -1 before the first
 * @property {number} at         seconds since it arrived at the plane of that layer; never negative
 *
 * @typedef {object} Timeline
 * @property {Mode} mode
 * @property {number} tokens     T
 * @property {number} layers     L
 * @property {number} duration   the time at which the last token has left and the last glow has faded
 * @property {number} beat       seconds a token stays at one router plane
 * @property {(token: number, layer: number) => number} arrives  when the token reaches the router plane of that layer
 * @property {(token: number, layer: number) => number} fires    when its top-k experts fire there and are counted
 * @property {(time: number) => Flight[]} flights                tokens between entry and exit
 * @property {(time: number) => {token: number, layer: number}} position  the event that fired last (token -1 before the first);
 *                                                                in ALL AT ONCE the token is the last of the batch
 *
 * The input of the scene, built for every drawn frame.
 * @typedef {object} Frame
 * @property {Trace} trace
 * @property {Timeline} timeline
 * @property {number} time
 * @property {number} wall                  seconds of a monotonic clock, for camera moves; tests step it
 * @property {Camera} camera
 * @property {number} layer                 the layer that TOP looks at
 * @property {number | null} path           token whose path is lit (selected or hovered)
 * @property {number} [current]             the current token, -1 for none
 * @property {number} [looked]              its layer; default: the layer of the newest token
 * @property {{layer: number, expert: number} | null} tower   hovered or selected tower
 * @property {number | null} [shot]         seconds of the directed shot, during the shot
 * @property {boolean} still                reduced motion: no flights, no camera drift; steps
 * @property {Theme} [theme]                default: dark
 * @property {import("./view/layers.js").Fold | null} [fold]   open layers; the others are folded; default: all open
 * @property {Corpus | null} [corpus]      behind the routing
 * @property {ArrayLike<number> | null} [devices]       [N] device of each expert of a layer
 * @property {PaletteName} [palette]
 * @property {ViewOnly["colour"]} [colour]   default: by group if tokens have groups
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
 * The state in the store.
 * @typedef {object} State
 * @property {View} view
 * @property {import("./state/state.js").Loading} loading   state of loading of the requested trace
 * @property {string} error                 the reason in words if loading failed
 * @property {"connecting" | "streaming" | "done" | "lost"} connection
 * @property {string[]} changed             request keys that a user changed, until the answer
 * @property {Notice[]} notices             notices, such as on replaced values of the URL
 * @property {Trace | null} trace
 * @property {Corpus | null} corpus         of the view, once it has arrived
 * @property {boolean} playing
 * @property {number | null} shot           seconds of the directed shot, during the shot
 * @property {boolean} opening              the shot starts with the next trace
 * @property {number} time                  seconds on the timeline
 * @property {{token: number, layer: number}} at   the event that fired last; token -1 before the first
 * @property {number} hits                  unique (layer, expert) pairs so far
 * @property {{token: number} | {layer: number, expert: number, quiet?: boolean} | null} hover   quiet: not hovered by a user
 * @property {import("./playback/timeline.js").Schedule | null} timeline   of the trace in this mode
 * @property {number | null} film          progress of a video recording, 0 to 1
 * @property {"none" | "share" | "keys" | "compare" | "tours" | "files"} overlay   the open overlay
 * @property {"so-far" | "whole" | "scenarios" | "text" | "corpus"} span   scope of the load; the heat map treats the last three as the whole
 * @property {boolean} still                reduced motion: by the system or by the switch
 * @property {Theme} theme                  the shown theme: of the view, of a system with more contrast, or of print
 * @property {"" | "on" | "anew"} writing    a generation at the pace of playback: after the current tokens, or again after the prompt
 * @property {number} around                a token of the whole of a long trace; the page requests the part that contains it
 * @property {import("./api/counts.js").WholeCounts | null} whole   counts over all tokens of a long trace
 * @property {"waiting" | "shown" | "lost" | "missing" | "failed"} scene   missing: no WebGL 2
 *
 * @typedef {object} Notice
 * @property {string} field
 * @property {string} message
 */

export {};
