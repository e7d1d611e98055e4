"""The web application: the only room that imports FastAPI and Starlette."""
