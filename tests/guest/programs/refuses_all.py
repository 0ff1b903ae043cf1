"""A guest of test_causes: raises what refuses whatever is asked of it."""


class Meta(type):
    def refuse(cls, *args):
        raise LookupError

    __getattribute__ = __hash__ = __eq__ = __repr__ = refuse
    __instancecheck__ = refuse


class Text(str):
    def refuse(self, *args):
        raise LookupError

    __getitem__ = __len__ = encode = __format__ = __iter__ = refuse


class Error(ValueError, metaclass=Meta):
    def __str__(self):
        return Text("told")


raise Error(Text("x"))
