"""Blinded pair votes: which of two pictures fits the text better?"""
