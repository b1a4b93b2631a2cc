"""What do this room's templates draw themselves?"""
