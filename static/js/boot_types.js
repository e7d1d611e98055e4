/**
 * The types of the data that the server puts into the page.
 *
 * @import {Answer, Corpus, Request, ServerNotice, ViewOnly} from "./types.js"
 *
 * One key of the address, as app/request declares it.
 * @typedef {object} KeyDeclaration
 * @property {keyof Request & keyof ViewOnly} name
 * @property {"request" | "view"} belongs
 * @property {"choice" | "integer" | "number" | "flag" | "tower" | "fold" | "name" | "atlas" | "text"} kind
 * @property {any} default
 * @property {string[]} [values]            of a choice
 * @property {[number, number]} [limits]    minimum and maximum
 * @property {number} [max_chars]
 * @property {number} [origin]              the first displayed number
 * @property {string[]} [sources]           that read it
 * @property {string[]} [routers]           that read it
 *
 * The boot data: a JSON block in the page, with which the page checks a URL before a request.
 * @typedef {object} Boot
 * @property {string} version
 * @property {string} [lang]   language of the document and of the texts in the boot data; default: English
 * @property {ScenarioInfo[]} scenarios
 * @property {ModelInfo[]} models
 * @property {{name: string, refused: string}[]} [refused_models]   models that cannot be run, each with the reason
 * @property {RouterInfo[]} [routers]   omitted in an exported page
 * @property {ShapeInfo[]} [shapes]     of published models
 * @property {TourInfo[]} [tours]       omitted in an exported page, as are the questions
 * @property {QuestionInfo[]} [questions]
 * @property {KeyDeclaration[]} keys
 * @property {{experts: number[], k: number[]}} offers   the offered numbers
 * @property {Request} request          the request of the address, as the server understood it
 * @property {Partial<Request>} given
 * @property {ServerNotice[]} notices
 * @property {Answer | null} second     of the second stack
 * @property {boolean} embed
 * @property {"socket" | "http"} [transport]   the first transport of traces; default: by socket
 * @property {Exported} [exported]   only in an exported page
 *
 * The data of an exported page, as written by app/export/exported_page.py.
 * @typedef {object} Exported
 * @property {string} query     the view that it opens with, as in the URL
 * @property {string} home      address of the site that it came from, without a path; "" for none
 * @property {import("./trace/wire.js").TraceMessage} trace
 * @property {string} steps     base64 of the binary messages that follow
 * @property {Corpus} [corpus]     behind the routing
 * @property {Pick<Exported, "trace" | "steps">} [other]   of a second stack
 *
 * @typedef {object} TourInfo
 * @property {string} name
 * @property {string} title
 * @property {string} summary
 * @property {{caption: string, view: string}[]} steps   a view is the query string of its address; terms as in lessons.js
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
 * @property {Record<string, string>} [group_names]   displayed names, if they differ from the keys
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
