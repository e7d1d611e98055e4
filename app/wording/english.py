"""The server's words in English."""

from .wording import Wording

ENGLISH = Wording(
    language="en",
    locale="en_GB",
    name="English",
    recorded_title="{model} after {step} steps of training",
    live_title="{prompt} (live)",
    about_authored="AUTHORED: {teaches} ({shape})",
    about_live="LIVE: tokens routed by a trained mixture-of-experts model, {shape}.",
    about_trace="RECORDED: the routing in the file {trace}.",
    about_recorded="RECORDED: how {model} routed held-out text after {step} steps of training.",
    shape="{experts} experts per layer, {k} per token",
    altered=", its routers ALTERED: {alter}",
    router=", router {router}",
    on_shape=", on the real shape of {model}",
    own_shape="a config.json ({layers} x {experts}, k {k})",
    frame_title="Moescope: {title}",
    product_about="Moescope shows in 3D how the router of each mixture-of-experts layer sends a token "
    "to a few of its experts.",
    script_missing="The moving view needs JavaScript, which this browser has switched off.",
    script_failed="The moving view has not started: a script did not arrive, or this browser is too old. "
    "It runs in Safari 16.4, Chrome 111, Firefox 121 and newer.",
    open_full="Open in Moescope",
    picture_above="The picture shows one moment of it.",
    trace_file="The same routing as a file:",
    trace_link="the trace (safetensors)",
    references="References",
    references_about="Papers about the routers and the models that are shown here.",
    of_routers="Routers",
    of_models="Models",
    other_works="Other works",
    badges={
        "AUTHORED": "AUTHORED",
        "LIVE": "LIVE",
        "RECORDED": "RECORDED",
        "IDS ONLY": "IDS ONLY",
        "ALTERED": "ALTERED",
    },
    meanings={
        "authored": "hand-authored, not measured",
        "live": "computed from trained weights",
        "recorded": "recorded while the model was trained",
    },
    total_p="TOTAL_P",
    active_p="ACTIVE_P",
    experts_hit="EXPERTS_HIT",
    one_layer="1 layer",
    layers="{count} layers",
    total_made="{layers} × {experts} experts, {size} each",
    active_made="{layers} × {k} chosen, {size} each",
    of="\u00a0of {pairs}",  # an ordinary space is lost at the start of a tspan
    hits_made="pairs of layer and expert, {percent} %",
    decimal=".",
    group=",",
    units=((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k")),
)
