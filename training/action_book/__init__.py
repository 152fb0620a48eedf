"""The action book: everyday actions written as a few geometric facts, solved into many varied poses with captions."""
