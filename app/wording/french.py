"""The server's words in French; the terms are those of static/js/words/fr.js.

Spaces before a colon and inside « » are U+00A0, before ; ! ? % and units U+202F.
"""

from .wording import Wording

FRENCH = Wording(
    language="fr",
    locale="fr_FR",
    name="Français",
    recorded_title="{model} après {step} étapes d’entraînement",
    live_title="{prompt} (en direct)",
    about_authored="SCÉNARISÉ : {teaches} ({shape})",
    about_live="EN DIRECT : jetons routés par un vrai modèle à mélange d’experts, entraîné, {shape}.",
    about_trace="ENREGISTRÉ : le routage que contient le fichier {trace}.",
    about_recorded="ENREGISTRÉ : comment {model} routait un texte mis de côté, "
    "après {step} étapes d’entraînement.",
    shape="{experts} experts par couche, {k} par jeton",
    altered=", routeurs MODIFIÉS : {alter}",
    router=", routeur {router}",
    on_shape=", sur la vraie forme de {model}",
    own_shape="votre config.json ({layers} × {experts}, k {k})",
    frame_title="Moescope : {title}",
    product_about="Moescope montre en 3D comment le routeur de chaque couche à mélange d’experts envoie "
    "un jeton vers quelques-uns de ses experts.",
    script_missing="La vue animée a besoin de JavaScript, que ce navigateur a désactivé.",
    script_failed="La vue animée n’a pas démarré : un script n’est pas arrivé, "
    "ou ce navigateur est trop ancien.",
    script_needs="Il faut Safari 16.4, Chrome 111, Firefox 121 ou plus récent.",
    open_full="Ouvrir dans Moescope",
    picture_above="L’image en est un instant.",
    trace_file="Le même routage dans un fichier :",
    trace_link="la trace (safetensors)",
    references="Références",
    references_about="Qui a décrit les routeurs et les modèles montrés ici.",
    of_routers="Routeurs",
    of_models="Modèles",
    other_works="Autres travaux",
    badges={
        "AUTHORED": "SCÉNARISÉ",
        "LIVE": "EN DIRECT",
        "RECORDED": "ENREGISTRÉ",
        "IDS ONLY": "IDENTIFIANTS SEULS",
        "ALTERED": "MODIFIÉ",
    },
    meanings={
        "authored": "écrit à la main, pas mesuré",
        "live": "calculé avec des poids entraînés",
        "recorded": "enregistré pendant l’entraînement",
    },
    total_p="P_TOTAL",
    active_p="P_ACTIFS",
    experts_hit="EXPERTS_TOUCHÉS",
    one_layer="1 couche",
    layers="{count} couches",
    total_made="{layers} × {experts} experts de {size}",
    active_made="{layers} × {k} choisis de {size}",
    of=" sur {pairs}",
    hits_made="paires de couche et d’expert, {percent} %",
    decimal=",",
    group=" ",
    units=((1e9, " Md"), (1e6, " M"), (1e3, " k")),
)
