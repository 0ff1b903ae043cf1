"""The module beside: imports a third one inside the function."""


def marks(answers):
    from key import RIGHT

    return sum(given == right for given, right in zip(answers, RIGHT))
