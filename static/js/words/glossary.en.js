/**
 * The glossary in English: terms with definitions of one or two sentences. app/lessons/glossary_terms.py has the same
 * names.
 */

/** @typedef {{name: string, means: string}} Entry */

export const glossary = {
  token: {
    name: "Token",
    means: "One piece of the prompt: a word, a part of one, or a mark. Every token is routed for itself.",
  },
  layer: {
    name: "Layer",
    means:
      "One mixture-of-experts layer, drawn as a ring; layer 1 is at the bottom. Each has experts and a router of its own.",
  },
  expert: {
    name: "Expert",
    means:
      "A small feed-forward network of one layer, drawn as a tower: it takes a token’s vector and returns another. Expert 3 of layer 1 and expert 3 of layer 2 have only the number in common.",
  },
  router: {
    name: "Router",
    means: "The small part of a layer that scores all experts for a token and chooses a few of them.",
  },
  gate_score: {
    name: "Gate score",
    means:
      "What the router says of one expert for one token: the probability or affinity that the choice looks at.",
  },
  top_k: {
    name: "Top-k",
    means: "How many experts a token goes to in each layer: those k that score highest.",
  },
  combine_weight: {
    name: "Combine weight",
    means:
      "The outputs of the chosen experts come back as one weighted sum; this is the factor of one of them.",
  },
  shared_expert: {
    name: "Shared expert",
    means: "An expert that every token uses, beside those that the router chooses.",
  },
  capacity: {
    name: "Capacity",
    means: "How many tokens an expert may take in one step: an even share, times the capacity factor.",
  },
  dropped: {
    name: "Dropped",
    means:
      "Of a token that chose a full expert: this expert does nothing for it, and it goes on with what it has, by the residual connection.",
  },
  load: {
    name: "Load",
    means:
      "The share of a layer’s assignments that one expert received. An even load is one divided by the number of experts.",
  },
  trace: {
    name: "Routing trace",
    means:
      "For every token and layer: gate scores, chosen experts, combine weights and drops. All that is drawn here comes from one.",
  },
  total_p: {
    name: "TOTAL_P",
    means:
      "The parameters of all experts of all layers. All have to be in memory, whoever is chosen: memory pays for the arithmetic that is saved.",
  },
  active_p: {
    name: "ACTIVE_P",
    means:
      "The parameters of the experts that one token uses, shared experts included. They say what its experts cost to compute; attention and the rest come on top.",
  },
  experts_hit: {
    name: "EXPERTS_HIT",
    means: "How many different experts, over all layers, any token has used so far.",
  },
  max_violation: {
    name: "MaxVio",
    means:
      "How far the busiest expert of a layer lies above the mean load, as a share of the mean. 0 is perfect balance.",
  },
  bias: {
    name: "Selection bias",
    means:
      "A number for each expert that is added to its score for the choice alone: it steers who is chosen, not how much an expert counts.",
  },
  collapse: {
    name: "Collapse",
    means: "A few experts win every token, learn more and win again; the others are never trained.",
  },
  attention: {
    name: "Attention",
    means:
      "What lies between two rings, drawn as a pale plate: there a token takes in what the tokens before it hold. Experts see one token alone.",
  },
  memory: {
    name: "Memory",
    means:
      "What all weights take. The router saves arithmetic and no memory: any expert may be chosen next, so all are kept ready.",
  },
  mode: {
    name: "Mode",
    means:
      "The tokens of a prompt really pass a layer together, as ALL AT ONCE shows. SINGLE and SEQUENCE draw them apart to be seen; only tokens that a model writes come one by one.",
  },
};
